import type { Look } from "./observation.ts";
import type { Demand } from "./policy.ts";

/**
 * Whether a look shows what is demanded of a target, on any address that its host stands for. `live` is met by every
 * well-formed HTTP answer that is not 404, 405 or a 5xx other than 503, by gRPC OK with either value, by `NOT_SERVING`
 * and by a TCP connect.
 */
export function meets(demand: Demand, look: Look): boolean {
  return look.paths.some(({ role, answer }) => {
    if (role !== "target" || answer === null) return false;
    if (answer.kind === "ready") return true;
    return demand === "live" && (answer.kind === "not-ready" || answer.kind === "other");
  });
}

/** Whether a look shows enough to open the gate the first time: the demand is met and no asked model is pending. */
export function meetsForOpening(demand: Demand, look: Look): boolean {
  const isPending = look.paths.some(({ role, answer }) => role === "target" && (answer?.modelsPending.length ?? 0) > 0);
  return meets(demand, look) && !isPending;
}
