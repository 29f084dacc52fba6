import type { Case } from "../../src/core/facts.ts";
import type { ListeningSocket, PathLook } from "../../src/core/observation.ts";
import type { Burst, RefusalProof, TargetBurst } from "../../src/core/proof.ts";
import type { VerdictCode } from "../../src/core/verdict-table.ts";

/**
 * What docs/verdicts.md says must be there before a network block is told, written down once more from its words and not
 * from the rules: the codes that the evidence of one path, in a look and in the memory from before it, is enough for.
 */
export function blocksProven(path: PathLook, situation: Case): ReadonlySet<VerdictCode> {
  const { connect, isLocal } = path;
  if (!isLocal || connect === null) return new Set();
  const claims = connect.outcome === "ok" ? claimsOfSuccess(path, situation) : claimsOfFailure(path, situation);
  return new Set(claims.filter(([, isProven]) => isProven).map(([code]) => code));
}

type Claims = readonly (readonly [VerdictCode, boolean])[];

function claimsOfSuccess(path: PathLook, situation: Case): Claims {
  const { listen } = situation.look;
  if (!listen.isKnown || !listen.isProven) return [];
  return [["INTERCEPTED", isLong(situation) && socketsServing(path, listen.sockets).length === 0]];
}

function claimsOfFailure(path: PathLook, situation: Case): Claims {
  const { listen } = situation.look;
  const serving = listen.isKnown ? socketsServing(path, listen.sockets) : null;
  const refusal = path.proof?.refusal ?? null;
  const isCanaryDead = path.proof?.canary === "failed";
  const claims: Readonly<Record<string, Claims>> = {
    refused: [
      ["REJECTED", isRulesReset(refusal) || isRulesIcmp(refusal)],
      ["INTERCEPTED", isRedirected(refusal, serving ?? [])],
      ["LOOPBACK_DOWN", isCanaryDead && isAlike(refusal)],
    ],
    timeout: [
      ["REJECTED", isRulesIcmp(refusal)],
      ["DROPPED", isVanishing(path, serving, wasBound(situation))],
      ["LOOPBACK_DOWN", isCanaryDead && refusal?.control?.refused === 0 && !path.proof?.timeout?.queueOverflows],
    ],
    unreachable: [
      ["UNREACHABLE", true],
      ["REJECTED", path.address.includes(":") && isRulesIcmp(refusal)],
      ["LOOPBACK_DOWN", isCanaryDead],
    ],
    unavailable: [["LOOPBACK_DOWN", isCanaryDead]],
    denied: [["DENIED", true]],
  };
  return claims[path.connect?.outcome ?? ""] ?? [];
}

function socketsServing({ address }: PathLook, sockets: readonly ListeningSocket[]): readonly ListeningSocket[] {
  const plain = (text: string) => text.replace("::ffff:", "");
  const wildcards = plain(address).includes(":") ? ["::"] : ["::", "0.0.0.0"];
  return sockets.filter(({ address: bound }) => wildcards.includes(bound) || plain(bound) === plain(address));
}

/** Every look for a quarter of a second connected to nobody. */
function isLong({ look, memory }: Case): boolean {
  return memory.uncoveredSince !== null && look.ended.monotonicMs - memory.uncoveredSince.monotonicMs >= 250;
}

function wasBound({ look, memory }: Case): boolean {
  const isBound = look.listen.isKnown && look.listen.sockets.length > 0;
  return isBound || memory.timeline.listening !== null || memory.timeline.connected !== null;
}

function near(one: Burst, other: Burst, ms: number): boolean {
  return Math.abs(one.at.monotonicMs - other.at.monotonicMs) <= ms;
}

/** Two bursts that were refused without one reset, and a control with as many resets as attempts, in one moment. */
function isRulesReset(refusal: RefusalProof | null): boolean {
  const last = refusal?.bursts.at(-1);
  const control = refusal?.control;
  if (!refusal || !last || !control || !near(last, control, 5000) || isAway(refusal)) return false;
  const clean = refusal.bursts.filter(
    (one) => one.refused === one.attempts && one.resetsSent === 0 && near(one, last, 5000),
  );
  const isLastShort = last.refused === last.attempts && last.resetsSent !== null && last.resetsSent < last.attempts;
  return clean.length >= 2 && isLastShort && control.refused === control.attempts && (control.resetsSent ?? 0) >= 3;
}

/** Loopback saw fewer packets than attempts in one moment, on a kernel that counted those of a control that it refused. */
function isAway({ bursts, control }: RefusalProof): boolean {
  const last = bursts.at(-1);
  const isFew = (one: Burst) => typeof one.loopbackPackets === "number" && one.loopbackPackets < one.attempts;
  const isBlind = !!control && isFew(control) && control.refused === control.attempts && (control.resetsSent ?? 0) >= 3;
  return !!last && !isBlind && bursts.some((one) => isFew(one) && near(one, last, 5000));
}

/** The port and the control were refused by resets that were counted as they came in, and too few as they were sent. */
function isAlike(refusal: RefusalProof | null): boolean {
  const last = refusal?.bursts.at(-1);
  const control = refusal?.control;
  const isLess = (one: Burst) =>
    one.refused === one.attempts && (one.attemptFails ?? 0) >= 3 && (one.resetsSent ?? 3) < 3;
  return !!last && !!control && near(last, control, 5000) && isLess(last) && isLess(control);
}

/** Two bursts, the last among them, with an ICMP for each attempt and no failed one. */
function isRulesIcmp(refusal: RefusalProof | null): boolean {
  const last = refusal?.bursts.at(-1);
  if (!refusal?.control || !last || isAway(refusal)) return false;
  const isIcmp = (one: Burst) => (one.icmpUnreachable ?? 0) >= 3 && one.attemptFails !== null && one.attemptFails < 3;
  return isIcmp(last) && refusal.bursts.filter(isIcmp).length >= 2;
}

/**
 * Two attempts, none answered, while the canary was; no queue overflowed, which a port that has been bound must show by
 * counters that are proven.
 */
function isVanishing({ proof }: PathLook, serving: readonly ListeningSocket[] | null, wasBound: boolean): boolean {
  if (proof?.canary !== "ok" || proof.timeout === null || serving === null) return false;
  const { attempts, timedOut, queueOverflows } = proof.timeout;
  const control = proof.refusal?.control;
  const isProven = control?.refused === 3 && (control.resetsSent ?? 0) >= 3 && queueOverflows !== null;
  const isQueueFree = !queueOverflows && (isProven || !wasBound);
  return attempts >= 2 && timedOut === attempts && isQueueFree;
}

/**
 * The kernel's own resets, one for each attempt, beside the very sockets that listen now, twice and 250 ms apart, where a
 * nat rule may exist.
 */
function isRedirected(refusal: RefusalProof | null, serving: readonly ListeningSocket[]): boolean {
  const inodes = serving.map(({ inode }) => inode).sort((a, b) => a - b);
  if (!refusal?.control || inodes.length === 0 || refusal.trackedConnections === 0) return false;
  const isKernels = (one: Burst) => one.refused === one.attempts && one.resetsSent === one.attempts;
  const isSame = (one: TargetBurst) => isKernels(one) && one.inodes !== null && one.inodes.join() === inodes.join();
  const seen = refusal.bursts.filter(isSame);
  const [first, last] = [seen[0], seen.at(-1)];
  return isKernels(refusal.control) && !!first && !!last && last.at.monotonicMs - first.at.monotonicMs >= 250;
}
