import type { ConnectResult, RefusedBy } from "./connect.ts";
import type { LoopbackState } from "./loopback.ts";
import { type Moment, millisecondsBetween } from "./moment.ts";

/** Some connects to one closed or refusing port in one go, and by how much the namespace's counters moved meanwhile. */
export interface Burst {
  readonly at: Moment;
  readonly attempts: number;
  /** Of the attempts, those that were refused within the burst: ECONNREFUSED, or EACCES, as which an ICMPv6 rule shows. */
  readonly refused: number;
  /** Milliseconds from the first connect to the last outcome that was waited for. */
  readonly ms: number;
  /** Change of `Tcp: OutRsts`; null where the kernel does not show it, here and below. */
  readonly resetsSent: number | null;
  /** Change of `Tcp: AttemptFails`. */
  readonly attemptFails: number | null;
  /** Change of the family's `InDestUnreachs`. */
  readonly icmpUnreachable: number | null;
  /** Packets that `lo` received; absent in records from before it was counted, which is the same as null. */
  readonly loopbackPackets?: number | null;
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
  /** What the gate's own canary saw in the same moment; over which address see {@link canaryAddress}. */
  readonly canary: LoopbackState | null;
}

export const NOTHING_GATHERED: Proof = { refusal: null, timeout: null, canary: null };

/** What was gathered to tell why a connect gets no answer. */
export interface TimeoutProof {
  /** Connects that were out in parallel, that of the look among them. */
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

/** Bursts and a control tell of one moment when they are no further apart than this: rules come and go. */
const SAME_MOMENT_MS = 5000;

/**
 * Tells who refused, from the counters. Other traffic of the namespace can only add to them, so noise can hide a rule
 * but never make one up: fewer resets than attempts is a rule's doing, as many or more says nothing by itself.
 *
 * - `firewall`: in the last burst a rule refused, and in two of the latest every attempt was refused and the kernel's TCP
 *   sent no reset at all, while it sent one for each attempt of the control; or see {@link isRefusedByIcmp}.
 *   None of the latest bursts was sent elsewhere, see {@link isSentElsewhere}.
 * - `kernel`: the last burst brought exactly one reset of the kernel's for each attempt, and so did the control.
 * - `unknown`: anything else.
 */
export function whoRefused(proof: RefusalProof): RefusedBy {
  if (isRefusedByReset(proof) || isRefusedByIcmp(proof)) return "firewall";
  return hasOneResetEach(proof.bursts.at(-1) ?? null) && hasOneResetEach(proof.control) ? "kernel" : "unknown";
}

/**
 * Says who refused a connect. An ICMPv6 of a rule reaches connect(2) as EACCES, as does a denial of the kernel's own: only
 * the counters tell.
 */
export function withRefuser(connect: ConnectResult, proof: RefusalProof): ConnectResult {
  if (connect.outcome === "refused") return { ...connect, refusedBy: whoRefused(proof) };
  const latest = proof.bursts.at(-1);
  const hasIcmp = latest !== undefined && (latest.icmpUnreachable ?? 0) >= latest.attempts;
  const isRules = connect.errno === "EACCES" && hasIcmp && whoRefused(proof) === "firewall";
  return isRules ? { ...connect, outcome: "refused", refusedBy: "firewall" } : connect;
}

/** Whether a control shows that this kernel counts the resets that it sends. */
export function provesResets(control: Burst | null): boolean {
  if (control === null || control.resetsSent === null) return false;
  return control.refused === control.attempts && control.resetsSent >= control.attempts;
}

/**
 * Whether one of the latest bursts was sent out of this namespace, as by a nat rule: what goes to an address of its own
 * passes `lo`, and each attempt adds a packet at least, a rule's answer too where the rule keeps the SYN from it
 * (drivers/net/loopback.c counts as it sends). A kernel that refuses the control without counting its packets tells nothing.
 */
export function isSentElsewhere({ bursts, control }: RefusalProof): boolean {
  const latest = bursts.at(-1);
  if (latest === undefined || isLoopbackUncounted(control)) return false;
  return agreeing(bursts, latest, (burst) => !passesLoopback(burst)).length > 0;
}

/**
 * Whether resets get lost: the kernel refused the control, and nobody heard of it. A port that is merely closed then looks
 * like one that a rule cuts off.
 */
export function losesResets(control: Burst | null): boolean {
  return control !== null && control.refused < control.attempts && (control.resetsSent ?? 0) >= control.attempts;
}

/**
 * Whether a rule refuses by ICMP: in two of the latest bursts, the last among them, every attempt brought an ICMP and
 * not every one was counted as failed, as resets would have been, on a kernel that counts either. Over IPv6 such an attempt goes
 * on until its SYN is sent again a second later, so that it may seem to time out.
 */
export function isRefusedByIcmp(proof: RefusalProof): boolean {
  const { bursts, control } = proof;
  const latest = bursts.at(-1);
  if (latest === undefined || control === null || !bringsIcmp(latest) || isSentElsewhere(proof)) return false;
  const isCounted = (control.attemptFails ?? 0) >= control.attempts || bringsIcmp(control);
  return isCounted && isSameMoment(control, latest) && agreeing(bursts, latest, bringsIcmp).length >= 2;
}

/**
 * Whether the kernel itself refused though the same sockets listened before and after, seen twice and far enough apart:
 * something sends the connection elsewhere. The last burst must still show it.
 */
export function isRefusedBesideSocket({ bursts, control }: RefusalProof): boolean {
  const latest = bursts.at(-1);
  if (latest === undefined || !isSighting(latest) || !hasOneResetEach(control)) return false;
  const sightings = bursts.filter((burst) => isSighting(burst) && burst.inodes?.join() === latest.inodes?.join());
  return sightings.some(({ at }) => millisecondsBetween(at, latest.at) >= SIGHTINGS_APART_MS);
}

/**
 * Whether a rule refuses the control as it does the port, in one moment, as far as counters that move can tell: each
 * attempt was ended by a reset, and the kernel sent too few. Then the control proves nothing, and only a listener of the
 * gate's own can show that a rule is there at all.
 */
export function isControlRefusedAlike({ bursts, control }: RefusalProof): boolean {
  const latest = bursts.at(-1);
  if (latest === undefined || control === null || !isSameMoment(control, latest)) return false;
  return [latest, control].every((one) => isShort(one) && (one.attemptFails ?? 0) >= one.attempts);
}

function isRefusedByReset(proof: RefusalProof): boolean {
  const { bursts, control } = proof;
  const latest = bursts.at(-1);
  if (latest === undefined || control === null || isSentElsewhere(proof)) return false;
  if (!provesResets(control) || !isSameMoment(control, latest)) return false;
  const isClean = (burst: Burst) => isRefusedOutright(burst) && burst.resetsSent === 0;
  return isShort(latest) && agreeing(bursts, latest, isClean).length >= 2;
}

/** Bursts of the latest one's moment that show something. */
function agreeing<B extends Burst>(bursts: readonly B[], latest: B, shows: (burst: B) => boolean): readonly B[] {
  return bursts.filter((burst) => isSameMoment(burst, latest) && shows(burst));
}

function isSameMoment(one: Burst, other: Burst): boolean {
  return Math.abs(millisecondsBetween(one.at, other.at)) <= SAME_MOMENT_MS;
}

/** The kernel itself refused the control, which so passed `lo`, and that does not count it. */
function isLoopbackUncounted(control: Burst | null): boolean {
  return control !== null && provesResets(control) && !passesLoopback(control);
}

/** Whether `lo` saw a packet for each attempt, or it is not told. */
function passesLoopback({ attempts, loopbackPackets }: Burst): boolean {
  return (loopbackPackets ?? attempts) >= attempts;
}

function isRefusedOutright({ attempts, refused }: Burst): boolean {
  return attempts > 0 && refused === attempts;
}

/** All was refused, and the kernel sent too few resets to have done it. */
function isShort(burst: Burst): boolean {
  return isRefusedOutright(burst) && (burst.resetsSent ?? burst.attempts) < burst.attempts;
}

function bringsIcmp({ attempts, attemptFails, icmpUnreachable }: Burst): boolean {
  return attempts > 0 && (icmpUnreachable ?? 0) >= attempts && (attemptFails ?? attempts) < attempts;
}

/** Each attempt was ended by a reset of the kernel's, and nothing else happened that could have: neither resets nor ICMP. */
function hasOneResetEach(burst: Burst | null): boolean {
  if (burst === null || !isRefusedOutright(burst)) return false;
  const { attempts, resetsSent, attemptFails, icmpUnreachable } = burst;
  return resetsSent === attempts && (attemptFails ?? attempts) === attempts && (icmpUnreachable ?? 0) < attempts;
}

/** Whether in this burst the kernel refused beside sockets that listened before and after. */
export function isSighting(burst: TargetBurst): boolean {
  return hasOneResetEach(burst) && (burst.inodes?.length ?? 0) > 0;
}
