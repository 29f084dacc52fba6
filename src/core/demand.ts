import type { Answer, Look } from "./observation.ts";
import type { Demand } from "./policy.ts";

/**
 * Whether a look shows what is demanded of a target, on any address that its host stands for. `live` is met by every
 * well-formed HTTP answer that is not 404, 405 or a 5xx other than 503, by gRPC OK with either value, by `NOT_SERVING`
 * and by a TCP connect.
 */
export function meets(demand: Demand, look: Look): boolean {
  return answersOf(look).some((answer) => isMet(demand, answer));
}

/** Whether a look shows enough to open the gate the first time: an address meets the demand, with no model pending. */
export function meetsForOpening(demand: Demand, look: Look): boolean {
  return answersOf(look).some((answer) => isMet(demand, answer) && answer.modelsPending.length === 0);
}

function answersOf(look: Look): readonly Answer[] {
  return look.paths.flatMap(({ role, answer }) => (role === "target" && answer !== null ? [answer] : []));
}

function isMet(demand: Demand, { kind }: Answer): boolean {
  return kind === "ready" || (demand === "live" && (kind === "not-ready" || kind === "other"));
}
