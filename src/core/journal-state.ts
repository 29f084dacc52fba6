import type { GateState } from "./gate.ts";
import type { HeadLine, JournalEntry, StateLine } from "./journal-entry.ts";
import { rememberLook } from "./memory.ts";
import { isoTime, type Moment, momentAfter } from "./moment.ts";
import { markReadiness, type TargetState } from "./target-state.ts";
import type { GateTransitionJson, TargetTransitionJson } from "./transition-json.ts";
import { verdictOf } from "./verdict.ts";

/** The gate as a journal leaves it, on the clocks of the process that wrote it. */
export interface LastKnown {
  readonly head: HeadLine;
  /** Holds the targets whose state is known: none before the first state line. */
  readonly state: GateState;
  /** The moment of the newest line. */
  readonly at: Moment;
}

/** The state that a journal's entries lead to; null when no head is among them. */
export function lastKnown(entries: Iterable<JournalEntry>): LastKnown | null {
  let known: LastKnown | null = null;
  for (const entry of entries) known = takeEntry(known, entry);
  return known;
}

/** Takes in one entry. What comes before the first head cannot be told and is passed over. */
export function takeEntry(known: LastKnown | null, entry: JournalEntry): LastKnown | null {
  switch (entry.kind) {
    case "start":
    case "checkpoint":
      return takeHead(known, entry);
    case "state":
      return known && withTarget(known, targetStateOf(entry), entry.takenAt);
    case "target":
      return known && takeTargetTransition(known, entry);
    case "gate":
      return known && takeGateTransition(known, entry);
  }
}

function takeHead(known: LastKnown | null, head: HeadLine): LastKnown {
  const { policy, startedAt, openedAt, isOpen, isStopping, phaseSince } = head;
  // A head without its state lines, the disk being full, leaves what the same process wrote before.
  const isSameProcess = known !== null && isSameMoment(known.head.processBegan, head.processBegan);
  const targets = isSameProcess ? known.state.targets : [];
  const state = { policy, startedAt, openedAt, isOpen, isStopping, phaseSince, targets };
  return { head, state, at: head.takenAt };
}

function isSameMoment(one: Moment, other: Moment): boolean {
  return one.monotonicMs === other.monotonicMs && one.wallMs === other.wallMs;
}

function targetStateOf(line: StateLine): TargetState {
  const { target, memory, isReady, suspicion, passes, lastLook, lastLookedAt, verdict } = line;
  const { since, ...reading } = verdict;
  const whole = verdictOf(reading, since, null);
  return { target, memory, verdict: whole, isReady, suspicion, passes, lastLook, lastLookedAt };
}

function withTarget(known: LastKnown, state: TargetState, at: Moment): LastKnown {
  const order = known.head.targets;
  const others = known.state.targets.filter(({ target }) => target.name !== state.target.name);
  const targets = [...others, state].sort((a, b) => order.indexOf(a.target.name) - order.indexOf(b.target.name));
  return { ...known, state: { ...known.state, targets }, at };
}

function takeTargetTransition(known: LastKnown, entry: TargetTransitionJson): LastKnown {
  const before = known.state.targets.find(({ target }) => target.name === entry.target);
  if (before === undefined) return known;
  const { look, to, from } = entry;
  const { code, summary, evidence } = entry.verdict;
  const seen = rememberLook(entry.memory, look);
  const after: TargetState = {
    target: before.target,
    memory: to.ready === from.ready ? seen : markReadiness(seen, to.ready, look.ended),
    verdict: verdictOf({ code, summary, evidence }, look.ended, before.verdict),
    isReady: to.ready,
    suspicion: null,
    passes: to.ready ? known.state.policy.successThreshold : 0,
    lastLook: look,
    lastLookedAt: look.ended,
  };
  return withTarget(known, after, look.ended);
}

function takeGateTransition(known: LastKnown, entry: GateTransitionJson): LastKnown {
  const { state } = known;
  const at = momentOf(entry, known);
  const { phase } = entry.to;
  const isOpen = phase === "stopping" ? state.isOpen : phase === "ready";
  const isStopping = state.isStopping || phase === "stopping";
  const openedAt = phase === "ready" ? (state.openedAt ?? at) : state.openedAt;
  return { ...known, at, state: { ...state, isOpen, isStopping, openedAt, phaseSince: at } };
}

/** The gate opens and closes on a look, whose target's line has the moment; else it is told to the millisecond. */
function momentOf({ at, sinceStartMs }: GateTransitionJson, known: LastKnown): Moment {
  if (isoTime(known.at) === at) return known.at;
  return { wallMs: Date.parse(at), monotonicMs: momentAfter(known.state.startedAt, sinceStartMs).monotonicMs };
}
