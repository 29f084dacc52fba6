import type { LoopbackState } from "../core/loopback.ts";
import type { ConnectOutcome, ConnectResult, PathLook } from "../core/observation.ts";
import { type Proof, type TimeoutProof, whoRefused } from "../core/proof.ts";
import type { Counters } from "../kernel/counters.ts";
import type { Inquiry } from "../probes/prober.ts";
import { newRefusalRecord, type RefusalParts, type RefusalRecord } from "./refusal-record.ts";
import { settleWithin, TIME_UP } from "./settle-within.ts";

/** What failed connects are explained with. */
export interface ExplainerParts extends RefusalParts {
  readonly counters: Counters;
  readonly checkLoopback: (address: string, withinMs: number) => Promise<LoopbackState>;
  /** Opens one connection, as a witness beside the one of the look. */
  readonly knock: (address: string, port: number) => Pick<Inquiry, "connected" | "close">;
}

/** Explains what one look saw of one path: completes a failed connect by the proof of what made it fail. */
export type Explain = (path: PathLook) => Promise<PathLook>;

/** Gathers what can change the verdict of a failed connect, and nothing for one that succeeds. */
export interface Explainer {
  /** To be called as a look at an address begins: after a time-out the next look sends a witness along. */
  begin(address: string, withinMs: number): Explain;
}

const CANARY_MS = 300;
const LOOPBACKS = { ipv4: "127.0.0.1", ipv6: "::1" } as const;

/** An explainer for the addresses of one port. */
export function newExplainer(port: number, parts: ExplainerParts): Explainer {
  const records = new Map<string, RefusalRecord>();
  const lastOutcomes = new Map<string, ConnectOutcome | null>();

  const refusal = (address: string) => {
    const record = records.get(address) ?? newRefusalRecord(address, port, parts);
    records.set(address, record);
    return record.proof();
  };
  const canary = (address: string) => {
    return parts.checkLoopback(address.includes(":") ? LOOPBACKS.ipv6 : LOOPBACKS.ipv4, CANARY_MS);
  };
  const explain = async (path: PathLook, witness: Promise<TimeoutProof> | null): Promise<Proof | null> => {
    switch (path.connect?.outcome) {
      case "refused":
      case "denied":
        return { refusal: await refusal(path.address), timeout: null, canary: null };
      case "unreachable":
        return { refusal: null, timeout: null, canary: await canary(path.address) };
      case "timeout":
        return witness && { refusal: null, timeout: withOwn(await witness), canary: await canary(path.address) };
      default:
        return null;
    }
  };
  return {
    begin: (address, withinMs) => {
      const witness = lastOutcomes.get(address) === "timeout" ? watchTimeout({ address, port, withinMs, parts }) : null;
      return async (path) => {
        lastOutcomes.set(address, path.connect?.outcome ?? null);
        if (!path.isLocal || path.skipped === "ephemeral-port") return path;
        const proof = await explain(path, witness);
        return { ...path, connect: path.connect && withRefuser(path.connect, proof), proof };
      };
    },
  };
}

/** Says who refused. An ICMPv6 of a rule reaches connect(2) as EACCES; the counters tell it from a denial. */
function withRefuser(connect: ConnectResult, proof: Proof | null): ConnectResult {
  if (proof?.refusal == null) return connect;
  const refusedBy = whoRefused(proof.refusal);
  if (connect.outcome !== "denied") return { ...connect, refusedBy };
  return refusedBy === "firewall" ? { ...connect, outcome: "refused", refusedBy } : connect;
}

interface Window {
  readonly address: string;
  readonly port: number;
  readonly withinMs: number;
  readonly parts: ExplainerParts;
}

/** Connects beside the look's own connect, and reads whether an accept queue overflowed in the meantime. */
async function watchTimeout({ address, port, withinMs, parts }: Window): Promise<TimeoutProof> {
  const before = parts.counters.queues();
  const inquiry = parts.knock(address, port);
  const result = await settleWithin(inquiry.connected, withinMs, parts.clock);
  inquiry.close();
  if (result !== TIME_UP && result.outcome === "ok") parts.onConnected(port, 1);
  const after = parts.counters.queues();
  const overflows = change(before.listenOverflows, after.listenOverflows);
  const drops = change(before.listenDrops, after.listenDrops);
  return {
    attempts: 1,
    timedOut: result === TIME_UP || result.outcome === "timeout" ? 1 : 0,
    queueOverflows: overflows === null || drops === null ? (overflows ?? drops) : Math.max(overflows, drops),
  };
}

/** Counts the look's own connect, which timed out as well. */
function withOwn({ attempts, timedOut, queueOverflows }: TimeoutProof): TimeoutProof {
  return { attempts: attempts + 1, timedOut: timedOut + 1, queueOverflows };
}

function change(before: number | null, after: number | null): number | null {
  return before === null || after === null ? null : after - before;
}
