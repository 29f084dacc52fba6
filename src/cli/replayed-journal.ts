import { failingPaths } from "../core/failing-path.ts";
import { parseJournal } from "../core/journal.ts";
import { isoTime } from "../core/moment.ts";
import { type Replayed, replay } from "../core/replay.ts";
import { snapshotOf } from "../core/snapshot.ts";
import type { TransitionJson } from "../core/transition-json.ts";
import type { Settings } from "../settings/settings.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { recordedSurroundings } from "./recorded-surroundings.ts";
import { UsageError } from "./usage-error.ts";

const HISTORY_SHOWN = 40;
const DIFFERENCES_SHOWN = 8;

/**
 * Diagnoses from a journal: classifies every recorded look again, and shows the gate as the journal leaves it.
 *
 * @throws {UsageError} when the gate's state is not in it
 */
export function replayedJournal(name: string, text: string, { preset }: Settings): Diagnosis {
  const { entries, isTorn, unreadable } = parseJournal(text);
  const { verdicts, transitions, last } = replay(entries);
  if (last === null || last.state.targets.length === 0) {
    throw new UsageError(
      `${name} does not hold the state of a gate: the file that GATE_JOURNAL names does, what GET /journal answers does not`,
    );
  }
  const { state, at, head } = last;
  const recorded = { netns: head.sandbox.netns, listeners: [], hasIpv6: false, preset };
  return {
    snapshot: snapshotOf(state, recordedSurroundings(state, at, recorded), at),
    origin: [
      `A replay of the journal ${name}, as it stood at ${isoTime(at)}; nothing was looked at just now.`,
      sameness(verdicts),
    ],
    notes: [
      ...differences(verdicts),
      ...(isTorn ? ["The last line of the journal is incomplete."] : []),
      ...(unreadable === 0 ? [] : [`Lines of the journal that could not be read: ${unreadable}.`]),
    ],
    history: transitions.slice(-HISTORY_SHOWN).map(historyLine),
    failing: failingPaths(state),
    kernel: null,
    measure: null,
  };
}

/** Whether the recorded observations give the recorded verdicts again. */
function sameness(verdicts: readonly Replayed[]): string {
  const told = verdicts.filter(({ replayed }) => replayed !== null);
  const different = told.filter(({ isSame }) => !isSame).length;
  const untold = verdicts.length - told.length;
  const rest = untold === 0 ? "" : ` ${untold} more cannot be told again, since the lines before them are gone.`;
  if (different > 0)
    return `${different} of ${told.length} recorded verdicts differ from what their observations give now.${rest}`;
  return `All ${told.length} recorded verdicts follow again from their observations.${rest}`;
}

function differences(verdicts: readonly Replayed[]): readonly string[] {
  return verdicts
    .filter(({ replayed, isSame }) => replayed !== null && !isSame)
    .slice(0, DIFFERENCES_SHOWN)
    .map(
      ({ at, target, recorded, replayed }) => `At ${at} ${target} was ${recorded.code}, and is ${replayed?.code} now.`,
    );
}

function historyLine(transition: TransitionJson): string {
  const { at, target, verdict } = transition;
  if (transition.kind === "gate") return `${at} the gate: ${transition.from.phase} → ${transition.to.phase}`;
  return `${at} ${target}: ${transition.from.code} → ${transition.to.code}: ${verdict.summary}`;
}
