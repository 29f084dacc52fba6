import { formatDuration } from "../duration.ts";
import type { GateState } from "../gate.ts";
import { isoTime, type Moment, millisecondsBetween } from "../moment.ts";
import type { TargetState } from "../target-state.ts";
import type { Finding, FindingRule } from "./finding.ts";

/**
 * An agent that dials at once after each failure is there within seconds. Of the delays of gRPC's reconnect back-off
 * (1 s, growing by 1.6 to 120 s) those up to the seventh are shorter: who is not there by now is in a longer one.
 */
export const CLIENT_EXPECTED_WITHIN_MS = 30_000;

export const noClientYet: FindingRule = ({ state, now, clients }) =>
  awaitingClients(state).flatMap((one): readonly Finding[] => {
    const { target } = one;
    const since = readySince(one, state);
    const record = clients.get(target.name);
    if (since === null || record === undefined || record.isSeen || record.peers.length > 0) return [];
    const readyMs = millisecondsBetween(since, now);
    if (readyMs < CLIENT_EXPECTED_WITHIN_MS) return [];
    return [
      {
        code: "NO_CLIENT_YET",
        target: target.name,
        summary: `${target.name} is ready and nobody has connected to port ${target.port}: the client is likely to wait out its reconnect back-off`,
        remedy:
          "Wait: the back-off of gRPC clients grows to 120 s, and until then Seldon's agent goes on logging the old `connection refused`. If nobody comes, restart the client's container, and compare the host and port that it dials (the agent's `--inference-host`).",
        evidence: [
          `ready since ${isoTime(since)}, for ${formatDuration(Math.floor(readyMs / 1000) * 1000)}`,
          `no connection to port ${target.port} but the gate's own at ${isoTime(record.readAt)}`,
        ],
      },
    ];
  });

/**
 * Targets whose clients are worth looking for: a gRPC client keeps its connection, others come and go between two
 * readings.
 */
export function awaitingClients({ targets }: GateState): readonly TargetState[] {
  return targets.filter(({ target, isReady, memory }) => {
    return isReady && target.scheme.startsWith("grpc") && memory.sockets.length > 0;
  });
}

/** Since when a target that is ready does what the gate asks. */
function readySince({ memory: { timeline } }: TargetState, { policy }: GateState): Moment | null {
  return timeline.back ?? (policy.openOn === "live" ? timeline.answered : timeline.ready);
}
