import type { ConnectOutcome, ConnectResult } from "../core/connect.ts";
import { canaryAddress, isLoopbackAddress, type LoopbackState } from "../core/loopback.ts";
import type { PathLook } from "../core/observation.ts";
import { isControlRefusedAlike, NOTHING_GATHERED, type Proof, type RefusalProof, withRefuser } from "../core/proof.ts";
import { newRefusalRecord, type RefusalParts, type RefusalRecord } from "./refusal-record.ts";
import { openTimeoutWindow, type TimeoutWindow, type TimeoutWindowParts } from "./timeout-window.ts";

/** What failed connects are explained with. */
export interface ExplainerParts extends RefusalParts, TimeoutWindowParts {
  /** What a canary showed a moment ago, at most; the same for all that ask. */
  readonly glanceAtLoopback: (address: string) => Promise<LoopbackState | null>;
}

/** Explains what one look saw of one path: completes a failed connect by the proof of what made it fail. */
export type Explain = (path: PathLook) => Promise<PathLook>;

/** Gathers what can change the verdict of a failed connect, and nothing for one that succeeds. */
export interface Explainer {
  /** To be called as a look at an address begins: after a time-out the next look sends a witness along. */
  begin(address: string, withinMs: number): Explain;
}

/** Gathers the proof for one outcome. */
type Gather = (path: PathLook, window: TimeoutWindow | null) => Promise<Proof | null>;

/** A SYN is sent again after a second (RFC 6298, section 2); clocks differ by a little. */
const SYN_SENT_AGAIN_MS = 900;

/** An explainer for the addresses of one port. */
export function newExplainer(port: number, parts: ExplainerParts): Explainer {
  const records = new Map<string, RefusalRecord>();
  /** Addresses of which the last look timed out, or all but did. */
  const silent = new Set<string>();

  const recordOf = (address: string): RefusalRecord => {
    const record = records.get(address) ?? newRefusalRecord(address, port, parts);
    records.set(address, record);
    return record;
  };
  const refusal = (address: string): Promise<RefusalProof> => recordOf(address).proof();
  const glanceFor = (path: PathLook) => parts.glanceAtLoopback(canaryAddress(path));
  const gather: Readonly<Partial<Record<ConnectOutcome, Gather>>> = {
    refused: async (path) => {
      const proof = await refusal(path.address);
      // Where a rule refuses the control as well, it is the canary that tells.
      const isAsked = isLoopbackAddress(path.address) && isControlRefusedAlike(proof);
      return { ...NOTHING_GATHERED, refusal: proof, canary: isAsked ? await glanceFor(path) : null };
    },
    // As EACCES an ICMP of a rule may show; EPERM is the kernel's own.
    denied: async ({ address, connect }) =>
      connect?.errno === "EACCES" ? { ...NOTHING_GATHERED, refusal: await refusal(address) } : null,
    unreachable: async (path) => ({
      ...NOTHING_GATHERED,
      refusal: await refusal(path.address),
      canary: await glanceFor(path),
    }),
    unavailable: async (path) =>
      isMissingAddress(path) ? { ...NOTHING_GATHERED, canary: await glanceFor(path) } : null,
    timeout: async ({ address, skipped }, window) => {
      if (window === null || skipped !== null) return null;
      const { timeout, canary, hasIcmp } = await window.closed;
      const record = recordOf(address);
      return { refusal: await (hasIcmp ? record.proof() : record.controlOnly()), timeout, canary };
    },
  };
  const note = ({ address, isLocal, skipped, connect }: PathLook) => {
    if (isLocal && skipped === null && isUnanswered(connect)) silent.add(address);
    else silent.delete(address);
    // What was gathered before the port opened says nothing of the next time that it refuses.
    if (connect?.outcome === "ok") records.delete(address);
  };
  return {
    begin: (address, withinMs) => {
      const window = silent.has(address) ? openTimeoutWindow({ address, port, withinMs }, parts) : null;
      return async (path) => {
        note(path);
        const gatherFor = path.connect === null ? undefined : gather[path.connect.outcome];
        if (!path.isLocal || path.skipped === "ephemeral-port" || gatherFor === undefined) return path;
        const proof = await gatherFor(path, window);
        return { ...path, connect: toldBy(path.connect, proof), proof };
      };
    },
  };
}

/** Timed out; or failed only once its SYN had been sent again, which the next look's deadline may just cut off. */
function isUnanswered(connect: ConnectResult | null): boolean {
  if (connect === null || connect.outcome === "ok") return false;
  return connect.outcome === "timeout" || connect.ms >= SYN_SENT_AGAIN_MS;
}

/** Where `lo` is down ::1 is gone as well, as with IPv6 off. */
function isMissingAddress({ address, connect }: PathLook): boolean {
  return address === "::1" && connect?.errno === "EADDRNOTAVAIL";
}

function toldBy(connect: ConnectResult | null, proof: Proof | null): ConnectResult | null {
  return connect === null || proof?.refusal == null ? connect : withRefuser(connect, proof.refusal);
}
