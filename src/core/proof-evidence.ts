import { canaryAddress } from "./loopback.ts";
import type { PathLook } from "./observation.ts";
import { type Burst, isSentElsewhere, type Proof, type TimeoutProof } from "./proof.ts";

/** The evidence lines of what was gathered to explain a failed connect: one observed fact each, with figures. */
export function proofLines(path: PathLook): readonly string[] {
  const { proof } = path;
  if (proof === null) return [];
  return [
    ...refusalLines(proof),
    ...elsewhereLines(path, proof),
    ...timeoutLines(proof.timeout),
    ...canaryLines(path, proof),
  ];
}

function refusalLines({ refusal }: Proof): readonly string[] {
  if (refusal === null) return [];
  const bursts = refusal.bursts.slice(-2).map((burst) => `${countsOf(burst)}${besideSocket(burst.inodes)}`);
  const control = refusal.control === null ? "no control port could be had" : `control: ${countsOf(refusal.control)}`;
  const tracked = refusal.trackedConnections;
  return [
    ...bursts,
    control,
    ...(tracked === null ? [] : [`connections tracked while one was held open over loopback: ${tracked}`]),
  ];
}

function elsewhereLines({ connect }: PathLook, { refusal }: Proof): readonly string[] {
  if (connect?.refusedBy !== "unknown" || refusal === null || !isSentElsewhere(refusal)) return [];
  const fewest = Math.min(...refusal.bursts.map(({ loopbackPackets }) => loopbackPackets ?? Number.POSITIVE_INFINITY));
  return [
    `only ${fewest} packets of a burst passed loopback: something sends them elsewhere, such as a nat rule, and the refusal was made there`,
  ];
}

function countsOf({ attempts, refused, ms, resetsSent, icmpUnreachable }: Burst): string {
  const resets = resetsSent === null ? "its resets are not shown" : `the kernel sent ${resetsSent} resets`;
  const icmp = icmpUnreachable === null || icmpUnreachable === 0 ? "" : `, ${icmpUnreachable} ICMP refusals came in`;
  return `${refused} of ${attempts} attempts refused in ${ms} ms, ${resets}${icmp}`;
}

function besideSocket(inodes: readonly number[] | null): string {
  return inodes === null || inodes.length === 0 ? "" : `, while inode ${inodes.join(", ")} listened before and after`;
}

function timeoutLines(timeout: TimeoutProof | null): readonly string[] {
  if (timeout === null) return [];
  const { attempts, timedOut, queueOverflows } = timeout;
  const overflows = queueOverflows === null ? "are not shown" : `in the same time: ${queueOverflows}`;
  return [`${timedOut} of ${attempts} parallel connects got no answer`, `overflows of accept queues ${overflows}`];
}

function canaryLines(path: PathLook, { canary }: Proof): readonly string[] {
  return canary === null ? [] : [`the gate's own listener on ${canaryAddress(path)} in the same moment: ${canary}`];
}
