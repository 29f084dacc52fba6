import type { ConnectOutcome } from "./connect.ts";
import { isIpv4, unmapped } from "./coverage.ts";
import type { Facts } from "./facts.ts";
import { isLoopbackAddress } from "./loopback.ts";
import { isUncoveredPath, isWaitingForAccept } from "./memory.ts";
import { millisecondsBetween } from "./moment.ts";
import type { Answer } from "./observation.ts";
import {
  isControlRefusedAlike,
  isRefusedBesideSocket,
  isRefusedByIcmp,
  losesResets,
  provesResets,
  SIGHTINGS_APART_MS,
  whoRefused,
} from "./proof.ts";

/** Restarts that make a crash loop, when none of the pauses between them, and since the last, is a rest. */
const LOOP_RESTARTS = 3;
const REST_MS = 10 * 60_000;
/** The first and the last connect to nobody must be this far apart where a server may be there for moments. */
const FLEETING_APART_MS = 1000;

export function answered({ path }: Facts, kind: Answer["kind"]): boolean {
  return path.answer?.kind === kind;
}

/** The server itself says that it, or a model that was asked for, is not ready. */
export function saysNotReady(facts: Facts): boolean {
  return answered(facts, "not-ready") || (answered(facts, "ready") && pendingModels(facts).length > 0);
}

export function pendingModels({ path }: Facts): readonly string[] {
  return path.answer?.modelsPending ?? [];
}

/** No answer within the deadline, or none to earlier connections, which still wait to be accepted. */
export function isSilent({ path }: Facts): boolean {
  return path.answer === null ? isWaitingForAccept(path) : path.answer.kind === "silence";
}

/** A local address whose connect ended so. */
export function endedWith({ path }: Facts, outcome: ConnectOutcome): boolean {
  return path.isLocal && path.connect?.outcome === outcome;
}

/** Refused, or not tried because a closed port of the ephemeral range must not be. */
export function isRefused({ path }: Facts): boolean {
  return path.connect?.outcome === "refused" || path.skipped === "ephemeral-port";
}

/** No address of IPv6 to connect to or from: IPv6 is off. */
export function isAddressMissing({ path }: Facts): boolean {
  return path.connect?.errno === "EADDRNOTAVAIL" && path.address === "::1";
}

/** A link-local address says nothing without its zone: connect(2) takes it for no address at all (ipv6(7)). */
export function isWithoutZone({ path }: Facts): boolean {
  return path.connect?.errno === "EINVAL" && path.address.startsWith("fe80:");
}

/** Out of file descriptors, memory, or ephemeral ports: then even 127.0.0.1 has no address to come from (connect(2)). */
export function isOwnLimit(facts: Facts): boolean {
  return facts.path.connect?.outcome === "unavailable" && !isAddressMissing(facts);
}

/** Refused with no socket on the port; without a LISTEN table a refusal alone says so, of a local address. */
export function isUnbound(facts: Facts): boolean {
  if (facts.sockets !== null) return isRefused(facts) && facts.sockets.length === 0;
  return facts.path.isLocal && facts.path.connect?.outcome === "refused";
}

/**
 * Connects though nothing listens, look after look. It takes longer where a server that ends and binds anew all the time
 * looks the same for a while: on a port that was seen bound before, and where each connection is closed at once.
 */
export function isConnectedToNobody({ memory, path, look }: Facts): boolean {
  if (memory.uncoveredSince === null || !isUncoveredPath(path, look)) return false;
  const isFleeting = memory.lastInodes.length > 0 || path.answer?.kind === "closed";
  return (
    millisecondsBetween(memory.uncoveredSince, look.ended) >= (isFleeting ? FLEETING_APART_MS : SIGHTINGS_APART_MS)
  );
}

/** A rule refuses: the proof itself is asked, not what was once made of it. */
export function isRefusedByRule(facts: Facts): boolean {
  const refusal = facts.path.proof?.refusal ?? null;
  if (refusal === null || isPerhapsClosed(facts)) return false;
  if (endedWith(facts, "refused")) return whoRefused(refusal) === "firewall";
  // A refusal by ICMPv6 ends a connect only when its SYN is sent again, after the deadline of most looks. The kind of the
  // ICMP shows only in the others, and the verdict must be the same in all.
  const isCutOff = endedWith(facts, "timeout") && isQueueFree(facts);
  const isToldLate = endedWith(facts, "unreachable") && !isIpv4(facts.path.address);
  return (isCutOff || isToldLate) && isRefusedByIcmp(refusal);
}

/** The kernel refuses beside the sockets that listen now and should serve the address. */
export function isRefusedByKernelBesideSocket({ path, covering }: Facts): boolean {
  const refusal = path.proof?.refusal ?? null;
  if (path.connect?.outcome !== "refused" || refusal === null || !isRefusedBesideSocket(refusal)) return false;
  const inodes = covering.map(({ inode }) => inode).sort((one, other) => one - other);
  return inodes.join() === refusal.bursts.at(-1)?.inodes?.join();
}

/** Only wildcard sockets of IPv6 may serve this IPv4 address: the table does not show whether they serve IPv6 alone. */
export function isWildcardDoubtful({ path, covering }: Facts): boolean {
  return isIpv4(path.address) && covering.length > 0 && covering.every(({ address }) => address === "::");
}

/** Another path of the look, an address of IPv6, connected. */
export function isReachedOverIpv6({ look }: Facts): boolean {
  return look.paths.some(({ address, connect }) => !isIpv4(unmapped(address)) && connect?.outcome === "ok");
}

/** No rule of the nat table is loaded: nothing can send the connection elsewhere. */
export function hasNoNat({ path }: Facts): boolean {
  return path.proof?.refusal?.trackedConnections === 0;
}

/**
 * Not even a listener of the gate's own is reached over loopback, in the moment in which the path fails. A rule that lets
 * just the server's port pass looks the same: what is merely closed, or full, behind it must not be taken for this, so
 * that a port which nobody has fails like the server's.
 */
export function isLoopbackDown(facts: Facts): boolean {
  const { path } = facts;
  if (path.proof?.canary !== "failed") return false;
  if (endedWith(facts, "unreachable")) return true;
  if (endedWith(facts, "timeout")) return path.proof.refusal?.control?.refused === 0 && hasNoOverflow(facts);
  // What refuses, or is missing, on the pod's own address says nothing of loopback.
  if (!isLoopbackAddress(path.address)) return false;
  const refusal = path.proof.refusal;
  return (
    endedWith(facts, "unavailable") ||
    (endedWith(facts, "refused") && refusal !== null && isControlRefusedAlike(refusal))
  );
}

/** The connect vanishes, and it is neither a full queue nor the loopback. */
export function isDropped(facts: Facts): boolean {
  const proof = facts.path.proof;
  if (!endedWith(facts, "timeout") || proof?.timeout == null || proof.canary !== "ok") return false;
  if (isPerhapsClosed(facts)) return false;
  const { attempts, timedOut } = proof.timeout;
  return attempts >= 2 && timedOut === attempts && isQueueFree(facts);
}

/** Nothing listens, and the kernel's word for that does not come through. */
function isPerhapsClosed({ path, covering }: Facts): boolean {
  return covering.length === 0 && losesResets(path.proof?.refusal?.control ?? null);
}

/** The connect vanishes because the listening socket's accept queue overflows, once at least for each attempt. */
export function isBacklogFull(facts: Facts): boolean {
  const timeout = facts.path.proof?.timeout ?? null;
  if (!endedWith(facts, "timeout") || timeout === null) return false;
  const isOverflowing = (timeout.queueOverflows ?? 0) >= Math.max(1, timeout.timedOut);
  return isOverflowing && facts.covering.some(({ acceptQueue }) => acceptQueue > 0);
}

/**
 * No accept queue was full: none overflowed, on a kernel whose counters a control proves, since a full one is counted at
 * each SYN (Linux, net/ipv4/tcp_input.c, `tcp_conn_request`). Where that is not told only a port that nobody has ever
 * bound shows it: the limit of a queue is not seen.
 */
function isQueueFree(facts: Facts): boolean {
  if (facts.sockets === null || !hasNoOverflow(facts)) return false;
  return hasNeverListened(facts) || provesResets(facts.path.proof?.refusal?.control ?? null);
}

/** No accept queue overflowed, by the counters, or because there never was one. */
function hasNoOverflow(facts: Facts): boolean {
  const overflows = facts.path.proof?.timeout?.queueOverflows ?? null;
  return overflows === null ? hasNeverListened(facts) : overflows === 0;
}

/** No socket was ever seen on the port, in a table that would have shown it. */
function hasNeverListened({ look, hasEverListened }: Facts): boolean {
  return !hasEverListened && look.listen.isKnown && look.listen.isProven;
}

/** The socket was replaced again and again, without a rest. */
export function isCrashLooping({ memory, look }: Facts): boolean {
  const moments = [...memory.restartedAt, look.ended];
  let run = 0;
  for (let index = moments.length - 1; index > 0; index -= 1) {
    const [earlier, later] = [moments[index - 1], moments[index]];
    if (earlier === undefined || later === undefined || millisecondsBetween(earlier, later) >= REST_MS) break;
    run += 1;
  }
  return run >= LOOP_RESTARTS;
}
