import { classify } from "./classify.ts";
import type { JournalEntry } from "./journal-entry.ts";
import { type LastKnown, takeEntry } from "./journal-state.ts";
import type { TargetTransitionJson, TransitionJson } from "./transition-json.ts";
import type { Reading } from "./verdict.ts";

/** A recorded verdict beside the one that its observations give now. */
export interface Replayed {
  /** RFC 3339, UTC. */
  readonly at: string;
  /** The target's name. */
  readonly target: string;
  readonly recorded: Reading;
  /** null: the lines that the verdict rests on are not in the journal. */
  readonly replayed: Reading | null;
  /** Whether both say the same: the code alone where the recorded line was trimmed. */
  readonly isSame: boolean;
}

/** A journal told again. */
export interface Replay {
  /** Every verdict of a target, oldest first. */
  readonly verdicts: readonly Replayed[];
  /** Every transition, oldest first. */
  readonly transitions: readonly TransitionJson[];
  /** What the gate last knew; null when no head is among the entries. */
  readonly last: LastKnown | null;
}

/** Classifies every recorded look again, with the memory that was recorded beside it, and tells what came of it. */
export function replay(entries: Iterable<JournalEntry>): Replay {
  const verdicts: Replayed[] = [];
  const transitions: TransitionJson[] = [];
  let known: LastKnown | null = null;
  for (const entry of entries) {
    if (entry.kind === "target") verdicts.push(replayed(entry, known));
    if (entry.kind === "target" || entry.kind === "gate") transitions.push(entry);
    known = takeEntry(known, entry);
  }
  return { verdicts, transitions, last: known };
}

function replayed(entry: TargetTransitionJson & JournalEntry, known: LastKnown | null): Replayed {
  const { at, target, trimmed } = entry;
  const { code, summary, evidence } = entry.verdict;
  const recorded = { code, summary, evidence };
  const again = readAgain(entry, known);
  const isSame = again !== null && (trimmed === true ? again.code === code : isSameReading(again, recorded));
  return { at, target, recorded, replayed: again, isSame };
}

function readAgain({ target: name, look, memory }: TargetTransitionJson, known: LastKnown | null): Reading | null {
  const found = known?.state.targets.find(({ target }) => target.name === name);
  if (known === null || found === undefined) return null;
  const { policy, startedAt } = known.state;
  return classify({ target: found.target, look, memory, policy, startedAt });
}

function isSameReading(one: Reading, other: Reading): boolean {
  const isSameEvidence =
    one.evidence.length === other.evidence.length &&
    one.evidence.every((line, index) => line === other.evidence[index]);
  return one.code === other.code && one.summary === other.summary && isSameEvidence;
}
