import type { ConnectResult } from "../core/connect.ts";
import type { LoopbackState } from "../core/loopback.ts";
import type { Moment } from "../core/moment.ts";
import type { PathLook } from "../core/observation.ts";
import {
  BURSTS_KEPT,
  type Proof,
  provesResets,
  type TargetBurst,
  type TimeoutProof,
  withRefuser,
} from "../core/proof.ts";
import type { Target } from "../core/target.ts";
import { isLoopback } from "../kernel/addresses.ts";
import { connectOutcome } from "../probes/connect.ts";
import { errnoOfText } from "./connect-errors.ts";
import { childrenOf, type Entry, wholeField } from "./outline.ts";
import { readAnswer } from "./read-answer.ts";
import { changeOf, firstErrno, readBurst } from "./read-burst.ts";
import { readSockets, type SocketReading, steadyInodes } from "./read-sockets.ts";

/** What a path is read with. */
export interface PathContext {
  readonly target: Target;
  /** When the look began. */
  readonly began: Moment;
  readonly isLocal: (address: string) => boolean;
}

/** The entries of one path, from its `path` on. */
export interface PathEntries {
  readonly address: string;
  readonly role: PathLook["role"];
  readonly entries: readonly Entry[];
}

/** Reads what the script saw of one address. What it did not see is null, and a refusal without proof is nobody's. */
export function readPath({ address, role, entries }: PathEntries, { target, began, isLocal }: PathContext): PathLook {
  const inquiry = entries.find(({ word }) => word === "connect");
  const skip = entries.some(({ word, rest }) => word === "skip" && rest === "ephemeral-port");
  const proof = isLocal(address) ? readProof(address, entries, began) : null;
  const refusal = proof?.refusal ?? null;
  const seen = inquiry === undefined || skip ? null : readConnect(inquiry);
  const connect = seen === null || refusal === null ? seen : withRefuser(seen, refusal);
  return {
    address,
    role,
    isLocal: isLocal(address),
    connect,
    skipped: skip ? "ephemeral-port" : null,
    answer:
      inquiry !== undefined && connect?.outcome === "ok" && role === "target" ? readAnswer(inquiry, target) : null,
    proof,
  };
}

function readConnect(inquiry: Entry): ConnectResult {
  const result = childrenOf(inquiry, "connected", "failed", "timeout")[0];
  const ms = Math.round((result === undefined ? 0 : (wholeField(result, "us") ?? 0)) / 100) / 10;
  if (result?.word === "connected") return { outcome: "ok", errno: null, refusedBy: null, ms };
  if (result?.word === "timeout") return { outcome: "timeout", errno: "DEADLINE", refusedBy: null, ms };
  const errno = errnoOfText(result?.fields.get("text") ?? "");
  const outcome = connectOutcome(errno);
  return { outcome, errno, refusedBy: outcome === "refused" ? "unknown" : null, ms };
}

function readProof(address: string, entries: readonly Entry[], began: Moment): Proof | null {
  const controlEntry = entries.findLast((entry) => isBurst(entry, "control"));
  const control = controlEntry === undefined ? null : readBurst(controlEntry, began);
  const isControlFree = !entries.some(
    (entry) => entry.word === "rows" && entry.fields.get("when") === "control" && readSockets(entry).sockets.length > 0,
  );
  const freeControl = isControlFree ? control : null;
  const bursts = readTargetBursts(address, entries, began);
  const timeout = readTimeout(entries);
  if (bursts.length === 0 && timeout === null && control === null) return null;
  const isAsked = bursts.length > 0 || timeout !== null;
  const refusal = isAsked ? { bursts, control: freeControl, trackedConnections: null } : null;
  const isVanished = timeout !== null && timeout.timedOut === timeout.attempts && timeout.queueOverflows === 0;
  const errno = controlEntry === undefined ? null : firstErrno(controlEntry);
  const canary = isLoopback(address) ? canaryOf({ hasProof: provesResets(freeControl), errno, isVanished }) : null;
  return { refusal, timeout, canary };
}

/**
 * bash cannot listen, so the control stands in for the canary: a reset of the kernel's own shows that loopback carries
 * packets there and back. That it does not is only said when the target's connects vanish as well, beside no full queue.
 */
function canaryOf(seen: {
  readonly hasProof: boolean;
  readonly errno: string | null;
  readonly isVanished: boolean;
}): LoopbackState | null {
  if (seen.hasProof) return "ok";
  if (seen.errno === "EADDRNOTAVAIL") return "absent";
  return seen.errno === "DEADLINE" && seen.isVanished ? "failed" : null;
}

function isBurst({ word, fields }: Entry, kind: "target" | "control"): boolean {
  return word === "burst" && fields.get("kind") === kind;
}

function readTargetBursts(address: string, entries: readonly Entry[], began: Moment): readonly TargetBurst[] {
  return entries
    .flatMap((entry, index): TargetBurst[] => {
      if (!isBurst(entry, "target")) return [];
      const before = readingOf(entries.slice(0, index).findLast(({ word }) => word === "rows"));
      const after = readingOf(entries[index + 1]);
      return [{ ...readBurst(entry, began), inodes: steadyInodes(address, before, after) }];
    })
    .slice(-BURSTS_KEPT);
}

function readingOf(entry: Entry | undefined): SocketReading | null {
  return entry?.word === "rows" && entry.fields.get("when") !== "control" ? readSockets(entry) : null;
}

function readTimeout(entries: readonly Entry[]): TimeoutProof | null {
  const pair = entries.find(({ word }) => word === "pair");
  if (pair === undefined) return null;
  const [attempts, timedOut] = [wholeField(pair, "attempts"), wholeField(pair, "timed-out")];
  if (attempts === null || timedOut === null || timedOut > attempts) return null;
  const [before, after] = ["before", "after"].map((when) =>
    entries.find(({ word, fields }) => word === "queues" && fields.get("when") === when),
  );
  const overflows = changeOf(before, after, "ListenOverflows");
  const drops = changeOf(before, after, "ListenDrops");
  const queueOverflows = overflows === null || drops === null ? (overflows ?? drops) : Math.max(overflows, drops);
  return { attempts, timedOut, queueOverflows };
}
