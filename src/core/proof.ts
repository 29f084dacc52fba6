import type { LoopbackState } from "./loopback.ts";
import { type Moment, millisecondsBetween } from "./moment.ts";

/**
 * Who refused a connection: the kernel, since no socket listens; a rule; or the counters do not tell. Only ever told of
 * addresses of this network namespace.
 */
export type RefusedBy = "kernel" | "firewall" | "unknown";

/** Some connects to one closed or refusing port in one go, and by how much the namespace's counters moved meanwhile. */
export interface Burst {
  readonly at: Moment;
  readonly attempts: number;
  /** Of the attempts, those that were refused: ECONNREFUSED, or EACCES, as which an ICMPv6 rule shows. */
  readonly refused: number;
  /** Milliseconds from the first connect to the last outcome. */
  readonly ms: number;
  /** Change of `Tcp: OutRsts`; null where the kernel does not show it, here and below. */
  readonly resetsSent: number | null;
  /** Change of `Tcp: AttemptFails`. */
  readonly attemptFails: number | null;
  /** Change of the family's `InDestUnreachs`. */
  readonly icmpUnreachable: number | null;
}

/** A burst on the target's own port, with the sockets that may serve its address. */
export interface TargetBurst extends Burst {
  /** Inodes of those sockets, the same right before and after; null when they changed or the table is not known. */
  readonly inodes: readonly number[] | null;
}

/** What was gathered to tell who refuses a port. */
export interface RefusalProof {
  /** The latest bursts on the port, oldest first; at most {@link BURSTS_KEPT}. */
  readonly bursts: readonly TargetBurst[];
  /** The latest burst on a port of the same address that was the gate's own a moment before and is surely closed. */
  readonly control: Burst | null;
  /**
   * Entries of the namespace's connection tracking while a connection over loopback was held open: 0 shows that no rule
   * of the nat table is loaded. Null where it is not told.
   */
  readonly trackedConnections: number | null;
}

/** What was gathered to explain a failed connect; each part null when it was not gathered. */
export interface Proof {
  readonly refusal: RefusalProof | null;
  readonly timeout: TimeoutProof | null;
  /** What the gate's own canary saw over the address's family, in the same look. */
  readonly canary: LoopbackState | null;
}

/** What was gathered to tell why a connect gets no answer. */
export interface TimeoutProof {
  /** Connects that were sent in parallel. */
  readonly attempts: number;
  readonly timedOut: number;
  /** Change of `TcpExt: ListenOverflows` and `ListenDrops` meanwhile, the larger; null where it is not told. */
  readonly queueOverflows: number | null;
}

export const BURSTS_KEPT = 4;

/** Attempts of one burst. */
export const BURST_ATTEMPTS = 3;

/** Two sightings of an interception must be this far apart: a server that rebinds all the time fools one look. */
export const SIGHTINGS_APART_MS = 250;

/**
 * Tells who refused, from the counters. Other traffic of the namespace can only add to them, so noise can hide a rule
 * but never make one up.
 *
 * - `firewall`: in the last two bursts every attempt was refused and the kernel's TCP sent no reset at all, while it
 *   sent one for each attempt of the control; or every attempt brought an ICMP and none a reset.
 * - `kernel`: the last burst brought exactly one reset for each attempt, and so did the control.
 * - `unknown`: anything else.
 */
export function whoRefused({ bursts, control }: RefusalProof): RefusedBy {
  const [before, last] = bursts.slice(-2);
  if (before !== undefined && last !== undefined && [before, last].every((burst) => isRules(burst, control))) {
    return "firewall";
  }
  const latest = bursts.at(-1);
  const isKernels = latest !== undefined && control !== null && hasOneResetEach(latest) && hasOneResetEach(control);
  return isKernels ? "kernel" : "unknown";
}

/** Whether a control shows that this kernel counts the resets that it sends. */
export function provesResets(control: Burst | null): boolean {
  if (control === null || control.resetsSent === null) return false;
  return control.refused === control.attempts && control.resetsSent >= control.attempts;
}

/**
 * Whether the kernel itself refused though the same socket listened before and after, seen twice and far enough apart:
 * something sends the connection elsewhere.
 */
export function isRefusedBesideSocket(proof: RefusalProof): boolean {
  if (!hasOneResetEach(proof.control)) return false;
  const sightings = proof.bursts.filter((burst) => hasOneResetEach(burst) && (burst.inodes?.length ?? 0) > 0);
  const [first, last] = [sightings[0], sightings.at(-1)];
  if (first === undefined || last === undefined) return false;
  const isSame = first.inodes?.join() === last.inodes?.join();
  return isSame && millisecondsBetween(first.at, last.at) >= SIGHTINGS_APART_MS;
}

function isRules(burst: Burst, control: Burst | null): boolean {
  if (burst.refused !== burst.attempts) return false;
  if (burst.resetsSent === 0 && provesResets(control)) return true;
  // An ICMP that a rule sends fails no attempt in the kernel's count, and a reset does: this needs no control.
  return (burst.icmpUnreachable ?? 0) >= burst.attempts && burst.attemptFails === 0;
}

function hasOneResetEach(burst: Burst | null): boolean {
  return burst !== null && burst.refused === burst.attempts && burst.resetsSent === burst.attempts;
}
