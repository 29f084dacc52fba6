import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Clock } from "../core/ports.ts";
import { BURST_ATTEMPTS, type Burst } from "../core/proof.ts";
import type { Counters, TcpCounters } from "../kernel/counters.ts";
import { releaseSocket } from "./release.ts";

/** What bursts are made with. */
export interface BurstParts {
  readonly clock: Clock;
  readonly counters: Counters;
}

/** Attempts that are still out after this are not refused: something else happens to them. */
const BURST_MS = 200;

/** As what a refusal reaches connect(2): a reset or an ICMP port-unreachable, and over IPv6 "administratively prohibited". */
const REFUSALS: ReadonlySet<string> = new Set(["ECONNREFUSED", "EACCES"]);

/**
 * Connects some times to one port in one go, and tells by how much the namespace's counters moved.
 *
 * The kernel answers a connect over loopback before `connect(2)` returns, so the counters are read right before the
 * first and right after the last connect, in one turn of the event loop: nothing else of this process, whose own resets
 * are counted too, comes between.
 */
export async function burst(address: string, port: number, { clock, counters }: BurstParts): Promise<Burst> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  const at = clock.now();
  const before = counters.tcp();
  const attempts = Array.from({ length: BURST_ATTEMPTS }, () => attempt(address, port));
  // node:net connects at the next tick; this one comes after all of those.
  const after = await new Promise<TcpCounters>((resolve) => process.nextTick(() => resolve(counters.tcp())));
  const endings = await settled(attempts, clock);
  const isIpv6 = address.includes(":");
  return {
    at,
    attempts: BURST_ATTEMPTS,
    refused: endings.filter((errno) => errno !== null && REFUSALS.has(errno)).length,
    ms: Math.round((clock.now().monotonicMs - at.monotonicMs) * 10) / 10,
    resetsSent: change(before.resetsSent, after.resetsSent),
    attemptFails: change(before.attemptFails, after.attemptFails),
    icmpUnreachable: isIpv6
      ? change(before.icmp6Unreachable, after.icmp6Unreachable)
      : change(before.icmpUnreachable, after.icmpUnreachable),
  };
}

/**
 * The control of a burst: the same against a port of the same address that is surely closed, since it was our own a
 * moment ago. Null where no port can be had on that address.
 */
export async function controlBurst(address: string, parts: BurstParts): Promise<Burst | null> {
  const port = await closedPort(address);
  return port === null ? null : await burst(address, port, parts);
}

function closedPort(address: string): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(null));
    server.listen(0, address, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

interface Attempt {
  readonly socket: Socket;
  /** Settles with the error's name, or null when connected. */
  readonly ending: Promise<string | null>;
}

function attempt(address: string, port: number): Attempt {
  const socket = connect({ host: address, port, autoSelectFamily: false });
  const ending = new Promise<string | null>((resolve) => {
    socket.once("connect", () => resolve(null));
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "UNKNOWN"));
  });
  return { socket, ending };
}

/** How the attempts ended; null for the ones that connected or are still out when the time is up. */
async function settled(attempts: readonly Attempt[], clock: Clock): Promise<readonly (string | null)[]> {
  const timeUp = new Promise<null>((resolve) => {
    const cancel = clock.after(BURST_MS, () => setImmediate(() => resolve(null)));
    void Promise.all(attempts.map(({ ending }) => ending)).then(cancel);
  });
  const endings = await Promise.all(attempts.map(({ ending }) => Promise.race([ending, timeUp])));
  for (const { socket } of attempts) releaseSocket(socket);
  return endings;
}

function change(before: number | null, after: number | null): number | null {
  return before === null || after === null ? null : after - before;
}
