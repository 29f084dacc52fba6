import type { GatePhase, GateState } from "./gate.ts";
import { type Guard, hasShape, isCount, isEither, isFlag, isListOf, isOneOf, isText, orNull } from "./guard.ts";
import {
  isLook,
  isMemory,
  isMilliseconds,
  isMoment,
  isPolicy,
  isSuspicion,
  isTarget,
  isVerdictCode,
} from "./journal-shape.ts";
import type { Moment } from "./moment.ts";
import type { SnapshotVerdict } from "./snapshot.ts";
import type { TargetState } from "./target-state.ts";
import type { GateTransitionJson, TargetTransitionJson, TransitionJson } from "./transition-json.ts";
import type { Reading } from "./verdict.ts";
import { VERDICT_CLASSES } from "./verdict-table.ts";

/** What tells whether two processes of the gate saw the same sockets. */
export interface Sandbox {
  /** Inode of the network namespace; null where it cannot be read. A later namespace may get the number again. */
  readonly netns: number | null;
  /** The kernel's boot id (random(4)); null where there is none. */
  readonly bootId: string | null;
}

/**
 * What the lines after it are told by: the settings and the gate as a whole. `start` begins a process of the gate; a
 * `checkpoint` says it again: in a new file, after trouble and at the end. State lines of all targets follow.
 */
export interface HeadLine extends Omit<GateState, "targets"> {
  readonly kind: "start" | "checkpoint";
  readonly format: 1;
  readonly at: string;
  readonly version: string;
  readonly sandbox: Sandbox;
  /** When the process began: monotonic clocks are comparable only between lines with the same. */
  readonly processBegan: Moment;
  readonly takenAt: Moment;
  /** Names, in the order of the settings. */
  readonly targets: readonly string[];
}

/** All that is known of one target at a moment. */
export interface StateLine extends Omit<TargetState, "verdict"> {
  readonly kind: "state";
  readonly at: string;
  readonly takenAt: Moment;
  readonly verdict: Reading & { readonly since: Moment };
}

export type JournalLine = HeadLine | StateLine | TransitionJson;

/** A line as it was read; a trimmed one may lack parts of long lists and texts. */
export type JournalEntry = JournalLine & { readonly trimmed?: true };

export const isTime: Guard<string> = (value): value is string => isText(value) && isMilliseconds(Date.parse(value));

const isHead = hasShape<HeadLine>({
  kind: isOneOf("start", "checkpoint"),
  format: isOneOf(1),
  at: isTime,
  version: isText,
  sandbox: hasShape<Sandbox>({ netns: orNull(isCount), bootId: orNull(isText) }),
  policy: isPolicy,
  processBegan: isMoment,
  takenAt: isMoment,
  startedAt: isMoment,
  openedAt: orNull(isMoment),
  isOpen: isFlag,
  isStopping: isFlag,
  phaseSince: isMoment,
  targets: isListOf(isText),
});

const READING = { code: isVerdictCode, summary: isText, evidence: isListOf(isText) };

const isState = hasShape<StateLine>({
  kind: isOneOf("state"),
  at: isTime,
  takenAt: isMoment,
  target: isTarget,
  memory: isMemory,
  verdict: hasShape<StateLine["verdict"]>({ ...READING, since: isMoment }),
  isReady: isFlag,
  suspicion: orNull(isSuspicion),
  passes: isCount,
  lastLook: orNull(isLook),
  lastLookedAt: orNull(isMoment),
});

const TRANSITION = {
  at: isTime,
  target: isText,
  verdict: hasShape<SnapshotVerdict>({ ...READING, class: isOneOf(...VERDICT_CLASSES), remedy: isText, since: isTime }),
  sinceStartMs: isMilliseconds,
  phaseMs: isMilliseconds,
};

const isPhase = hasShape<{ readonly phase: GatePhase }>({ phase: isOneOf("starting", "ready", "lost", "stopping") });

const isGateTransition = hasShape<GateTransitionJson>({
  ...TRANSITION,
  kind: isOneOf("gate"),
  from: isPhase,
  to: isPhase,
});

const isSide = hasShape<TargetTransitionJson["to"]>({ code: isVerdictCode, ready: isFlag });

const isTargetTransition = hasShape<TargetTransitionJson>({
  ...TRANSITION,
  kind: isOneOf("target"),
  from: isSide,
  to: isSide,
  bind: isListOf(
    hasShape<TargetTransitionJson["bind"][number]>({
      address: isText,
      port: isCount,
      inode: isCount,
      uid: isCount,
      acceptQueue: isCount,
      since: isTime,
    }),
  ),
  look: isLook,
  memory: isMemory,
});

/** Whether a value that was read is a line of a journal, down to its last field. Never throws. */
export const isJournalEntry: Guard<JournalEntry> = isEither(
  isEither(isTargetTransition, isGateTransition),
  isEither(isState, isHead),
);
