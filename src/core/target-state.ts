import { classify } from "./classify.ts";
import { meets, meetsForOpening } from "./demand.ts";
import { type Memory, NO_MEMORY, rememberLook } from "./memory.ts";
import type { Moment } from "./moment.ts";
import type { Look } from "./observation.ts";
import type { GatePolicy } from "./policy.ts";
import type { Target } from "./target.ts";
import { type Reading, type Verdict, verdictOf } from "./verdict.ts";
import type { VerdictCode } from "./verdict-table.ts";

/** A verdict that failing looks point to, before the threshold that makes it one. */
export interface Suspicion {
  readonly code: VerdictCode;
  /** The first of the failing looks. */
  readonly since: Moment;
  /** Failing looks in a row. */
  readonly looks: number;
}

/** Everything that is known of one target. */
export interface TargetState {
  readonly target: Target;
  readonly memory: Memory;
  readonly verdict: Verdict;
  /** Whether the target does what the gate asks of it. */
  readonly isReady: boolean;
  readonly suspicion: Suspicion | null;
  /** Passing looks in a row. */
  readonly passes: number;
  /** The last look that was evidence. */
  readonly lastLook: Look | null;
  /** When the last look ended, evidence or not. */
  readonly lastLookedAt: Moment | null;
}

/** What a look is judged by, beside the target's own state. */
export interface Judgement {
  readonly policy: GatePolicy;
  readonly startedAt: Moment;
  /** Whether the gate has ever been open: from then on thresholds count. */
  readonly hasOpened: boolean;
}

/** Event loop lateness, in milliseconds, above which a look that did not pass is no evidence. */
export const STALL_LIMIT_MS = 100;

/** A target before its first look. */
export function unseen(target: Target, at: Moment): TargetState {
  const reading: Reading = { code: "UNKNOWN", summary: "not looked at yet", evidence: [] };
  return {
    target,
    memory: NO_MEMORY,
    verdict: verdictOf(reading, at, null),
    isReady: false,
    suspicion: null,
    passes: 0,
    lastLook: null,
    lastLookedAt: null,
  };
}

/**
 * Takes in one look. Before the gate first opens the verdict follows the latest look. Afterwards a failing look is only
 * counted until the failure threshold, where verdict and readiness change together; a passing look counts at once.
 */
export function takeLook(state: TargetState, look: Look, judgement: Judgement): TargetState {
  const { policy, hasOpened } = judgement;
  const isPassing = hasOpened ? meets(policy.afterReady, look) : meetsForOpening(policy.openOn, look);
  // A stalled gate sees time-outs and refusals that are not the server's; an answer that came is an answer all the same.
  if (look.stalledMs > STALL_LIMIT_MS && !isPassing) return { ...state, lastLookedAt: look.ended };
  const { target, memory } = state;
  const reading = classify({ target, look, memory, policy, startedAt: judgement.startedAt });
  const seen = { ...state, memory: rememberLook(memory, look), lastLook: look, lastLookedAt: look.ended };
  if (isPassing) return passed(seen, reading, judgement);
  return failed(seen, reading, judgement);
}

type Seen = TargetState & { readonly lastLook: Look };

function passed(state: Seen, reading: Reading, { policy, hasOpened }: Judgement): TargetState {
  const passes = state.passes + 1;
  const isReady = state.isReady || !hasOpened || passes >= policy.successThreshold;
  const verdict = verdictOf(reading, state.lastLook.ended, state.verdict);
  return withReadiness({ ...state, verdict, passes, suspicion: null }, isReady);
}

function failed(state: Seen, reading: Reading, { policy, hasOpened }: Judgement): TargetState {
  const looks = (state.suspicion?.looks ?? 0) + 1;
  const isCounting = hasOpened && state.isReady && looks < policy.failureThreshold;
  if (isCounting) {
    const since = state.suspicion?.since ?? state.lastLook.ended;
    return { ...state, passes: 0, suspicion: { code: reading.code, since, looks } };
  }
  const verdict = verdictOf(reading, state.lastLook.ended, state.verdict);
  return withReadiness({ ...state, verdict, passes: 0, suspicion: null }, false);
}

function withReadiness(state: Seen, isReady: boolean): TargetState {
  if (isReady === state.isReady) return state;
  return { ...state, isReady, memory: markReadiness(state.memory, isReady, state.lastLook.ended) };
}

/** Notes in the timeline that a target's readiness changed. */
export function markReadiness(memory: Memory, isReady: boolean, at: Moment): Memory {
  const { timeline } = memory;
  const marked = isReady ? { ...timeline, back: timeline.lost === null ? null : at } : { ...timeline, lost: at };
  return { ...memory, timeline: marked };
}
