import { type GateState, speaker } from "./gate.ts";
import { type Moment, millisecondsBetween } from "./moment.ts";
import type { GatePolicy } from "./policy.ts";
import type { TargetState } from "./target-state.ts";
import type { Verdict } from "./verdict.ts";

/** What the readiness endpoint answers from: the last looks, never a new one. */
export interface Readiness {
  readonly isReady: boolean;
  /** A required target has not been looked at for too long: the watcher is stuck, whatever it last saw. */
  readonly isStale: boolean;
  /** The target that speaks for the gate. */
  readonly target: string;
  readonly verdict: Verdict;
  readonly targets: readonly { readonly state: TargetState; readonly isExcluded: boolean }[];
  /** Names to exclude that are no target's. */
  readonly unmatched: readonly string[];
}

/** Age of the last look, in milliseconds, from which a watcher counts as stuck. */
export function staleAfterMs({ intervalMs, probeTimeoutMs }: GatePolicy): number {
  return 3 * (intervalMs + probeTimeoutMs);
}

/** Combines the required targets that are not excluded. With all of them excluded the answer is ready. */
export function readinessOf(state: GateState, now: Moment, excluded: readonly string[] = []): Readiness {
  const kept = state.targets.filter(({ target }) => !excluded.includes(target.name));
  const required = kept.filter(({ target }) => target.required);
  const limit = staleAfterMs(state.policy);
  const isStale = required.some((one) => ageMs(one, state, now) > limit);
  const voice = speaker(required.length > 0 ? required : state.targets);
  return {
    isReady: !isStale && required.every(({ isReady }) => isReady),
    isStale,
    target: voice.target.name,
    verdict: voice.verdict,
    targets: state.targets.map((one) => ({ state: one, isExcluded: !kept.includes(one) })),
    unmatched: excluded.filter((name) => !state.targets.some(({ target }) => target.name === name)),
  };
}

function ageMs({ lastLookedAt }: TargetState, { startedAt }: GateState, now: Moment): number {
  return millisecondsBetween(lastLookedAt ?? startedAt, now);
}
