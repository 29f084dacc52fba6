import { isIpv4, unmapped } from "../coverage.ts";
import { hostPort } from "../evidence.ts";
import type { TargetState } from "../target-state.ts";
import { type Finding, type FindingRule, WHOLE_POD } from "./finding.ts";

/** One port serves IPv6, the other does not: clients that take `localhost` for `::1` reach one of them only. */
export const familyMismatch: FindingRule = ({ state, hasIpv6 }) => {
  if (!hasIpv6) return [];
  const bound = state.targets.filter(({ target, memory }) => target.required && memory.sockets.length > 0);
  const without = bound.filter((one) => !servesIpv6(one));
  if (without.length === 0 || without.length === bound.length) return [];
  const names = without.map(({ target }) => target.name).join(", ");
  const others = bound.filter(servesIpv6).map(({ target }) => target.name);
  const finding: Finding = {
    code: "FAMILY_MISMATCH",
    target: without.length === 1 ? names : WHOLE_POD,
    summary: `${others.join(", ")} ${others.length === 1 ? "serves" : "serve"} IPv6 and ${names} ${without.length === 1 ? "does" : "do"} not`,
    remedy:
      "Let clients use `127.0.0.1` rather than `localhost`, which may be `::1`. In a pod with IPv6 alone the other port must be bound to `::` (MLServer's `MLSERVER_HOST` has no value that does it for both of its ports).",
    evidence: bound.flatMap(({ target, memory }) =>
      memory.sockets.slice(0, 4).map(({ address, port }) => `${target.name} listens on ${hostPort(address, port)}`),
    ),
  };
  return [finding];
};

function servesIpv6({ memory }: TargetState): boolean {
  return memory.sockets.some(({ address }) => !isIpv4(unmapped(address)));
}
