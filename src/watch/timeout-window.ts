import { canaryAddress, type LoopbackState } from "../core/loopback.ts";
import type { Clock } from "../core/ports.ts";
import type { TimeoutProof } from "../core/proof.ts";
import type { Counters } from "../kernel/counters.ts";
import type { Inquiry } from "../probes/prober.ts";
import { settleWithin, TIME_UP } from "./settle-within.ts";

/** What is set up beside a connect that may time out. */
export interface TimeoutWindowParts {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly checkLoopback: (address: string, withinMs: number) => Promise<LoopbackState | null>;
  /** Opens one connection, as a witness beside the one of the look. */
  readonly knock: (address: string, port: number) => Pick<Inquiry, "connected" | "close">;
  /** Told of a witness that connected: it may wait in the server's accept queue. */
  readonly onConnected: (port: number, count: number) => void;
}

/** What was seen beside a connect that timed out. */
export interface SeenBeside {
  readonly timeout: TimeoutProof;
  readonly canary: LoopbackState | null;
  /** Whether an ICMP came in for each connect: a rule of IPv6 may refuse so, long before the connect ends. */
  readonly hasIcmp: boolean;
}

/** The time of one look's connect. */
export interface TimeoutWindow {
  readonly closed: Promise<SeenBeside>;
}

/**
 * Sends a second connect and the canary along with that of a look, and reads the counters around them: all in the same
 * time, so that a machine that stands still for a moment does not look like a rule.
 */
export function openTimeoutWindow(
  { address, port, withinMs }: { readonly address: string; readonly port: number; readonly withinMs: number },
  parts: TimeoutWindowParts,
): TimeoutWindow {
  const before = readCounters(parts.counters, address);
  const inquiry = parts.knock(address, port);
  const checked = parts.checkLoopback(canaryAddress({ address, connect: null }), withinMs);
  const close = async (): Promise<SeenBeside> => {
    const result = await settleWithin(inquiry.connected, withinMs, parts.clock);
    inquiry.close();
    const outcome = result === TIME_UP ? "timeout" : result.outcome;
    if (outcome === "ok") parts.onConnected(port, 1);
    const { queueOverflows, icmp } = changes(before, readCounters(parts.counters, address));
    const timedOut = outcome === "timeout" ? LOOK_AND_WITNESS : 1;
    return {
      timeout: { attempts: LOOK_AND_WITNESS, timedOut, queueOverflows },
      canary: await checked,
      hasIcmp: icmp >= LOOK_AND_WITNESS,
    };
  };
  return { closed: close() };
}

/** Connects that are out: that of the look, of which a window is only asked when it timed out, and the witness. */
const LOOK_AND_WITNESS = 2;

interface Reading {
  readonly overflows: number | null;
  readonly drops: number | null;
  readonly icmp: number | null;
}

function readCounters(counters: Counters, address: string): Reading {
  const { listenOverflows: overflows, listenDrops: drops } = counters.queues();
  const { icmpUnreachable, icmp6Unreachable } = counters.tcp();
  return { overflows, drops, icmp: address.includes(":") ? icmp6Unreachable : icmpUnreachable };
}

function changes(before: Reading, after: Reading): { readonly queueOverflows: number | null; readonly icmp: number } {
  const known = [change(before.overflows, after.overflows), change(before.drops, after.drops)].filter(
    (rise) => rise !== null,
  );
  return {
    queueOverflows: known.length === 0 ? null : Math.max(...known),
    icmp: change(before.icmp, after.icmp) ?? 0,
  };
}

function change(before: number | null, after: number | null): number | null {
  return before === null || after === null ? null : after - before;
}
