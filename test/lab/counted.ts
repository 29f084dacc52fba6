import type { ConnectResult } from "../../src/core/connect.ts";
import type { PathLook } from "../../src/core/observation.ts";
import type { Burst, RefusalProof, TimeoutProof } from "../../src/core/proof.ts";

/** The key figures of one look at one address, in words that are the same whenever the same was seen. */
export function counted({ connect, skipped, answer, proof }: PathLook): readonly string[] {
  if (connect === null)
    return [skipped === "ephemeral-port" ? "not connected: a port of the ephemeral range" : "no connect"];
  return [
    connectWords(connect),
    ...(answer === null ? [] : [`answer ${answer.code}`]),
    ...(proof?.refusal ? refusalWords(proof.refusal) : []),
    ...(proof?.timeout ? timeoutWords(proof.timeout) : []),
    ...(proof?.canary ? [`canary ${proof.canary}`] : []),
  ];
}

function connectWords({ outcome, errno }: ConnectResult): string {
  if (outcome === "ok") return "connects";
  return errno === "DEADLINE" ? "no answer to SYN" : `connect ${errno ?? outcome}`;
}

function refusalWords({ bursts, control, trackedConnections }: RefusalProof): readonly string[] {
  const latest = bursts.at(-1);
  return [
    ...(latest === undefined ? [] : burstWords(latest)),
    ...(control === null ? ["no control port"] : [`control: ${resets(control)}`]),
    ...(trackedConnections === null ? [] : [`tracked connections ${trackedConnections === 0 ? "0" : "> 0"}`]),
  ];
}

function burstWords(burst: Burst): readonly string[] {
  const { attempts, refused, icmpUnreachable } = burst;
  const icmp = icmpUnreachable === null || icmpUnreachable === 0 ? [] : [`ICMP +${icmpUnreachable}`];
  return [`${refused} of ${attempts} refused`, resets(burst), ...icmp];
}

function resets({ resetsSent, attempts }: Burst): string {
  if (resetsSent === null) return "OutRsts not shown";
  return resetsSent > attempts ? `OutRsts > +${attempts}` : `OutRsts +${resetsSent}`;
}

function timeoutWords({ attempts, timedOut, queueOverflows }: TimeoutProof): readonly string[] {
  const overflows = queueOverflows === null ? "not shown" : queueOverflows === 0 ? "+0" : "+n";
  return [`${timedOut} of ${attempts} connects time out`, `ListenOverflows ${overflows}`];
}
