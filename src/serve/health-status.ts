import type { GateState } from "../core/gate.ts";
import { type Moment, millisecondsBetween } from "../core/moment.ts";
import { readinessOf, staleAfterMs } from "../core/readiness.ts";

/** What the health service says of a service that it knows. */
export type KnownStatus = "SERVING" | "NOT_SERVING";

/** Name of the service that stands for the gate as a whole. */
const GATE_SERVICE = "";

/**
 * The health of a service by name: `""` is the gate and answers as `/readyz` does, a target's name is that target. A
 * target that has not been looked at for too long is not serving, whatever was last seen; null for an unknown name.
 */
export function healthOf(service: string, state: GateState, now: Moment): KnownStatus | null {
  if (service === GATE_SERVICE) return statusOf(readinessOf(state, now).isReady);
  const found = state.targets.find(({ target }) => target.name === service);
  if (found === undefined) return null;
  const ageMs = millisecondsBetween(found.lastLookedAt ?? state.startedAt, now);
  return statusOf(found.isReady && ageMs <= staleAfterMs(state.policy));
}

/** Names of all services, the gate's first. */
export function healthServices(state: GateState): readonly string[] {
  return [GATE_SERVICE, ...state.targets.map(({ target }) => target.name)];
}

function statusOf(isServing: boolean): KnownStatus {
  return isServing ? "SERVING" : "NOT_SERVING";
}
