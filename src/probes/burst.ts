import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Clock } from "../core/ports.ts";
import { BURST_ATTEMPTS, type Burst } from "../core/proof.ts";
import type { Counters, TcpCounters } from "../kernel/counters.ts";
import { isSelfConnected } from "./connect.ts";
import { releaseSocket } from "./release.ts";

/** What bursts are made with. */
export interface BurstParts {
  readonly clock: Clock;
  readonly counters: Counters;
}

/** What a burst showed, and what it leaves behind. */
export interface MadeBurst {
  readonly burst: Burst;
  /** Attempts that connected: they may wait in the server's accept queue. */
  readonly connected: number;
}

/** Makes bursts, one at a time: the resets of one would be in the counters of another. */
export interface Bursts {
  /** Connects some times to one port in one go, and tells by how much the namespace's counters moved. */
  burst(address: string, port: number): Promise<MadeBurst>;
  /**
   * The control of a burst: the same against a port of the same address that is surely closed, since it was our own a
   * moment ago. Null where no port can be had on that address.
   */
  controlBurst(address: string): Promise<Burst | null>;
}

/** Attempts that are still out after this are not refused: something else happens to them. */
const PATIENCE_MS = 200;
/** The same when an ICMP came back for each: over IPv6 the kernel does not heed it before the SYN is sent again. */
const PATIENCE_ICMP_MS = 20;

/** As what a refusal reaches connect(2): a reset or an ICMP port-unreachable, and over IPv6 "administratively prohibited". */
const REFUSALS: ReadonlySet<string> = new Set(["ECONNREFUSED", "EACCES"]);

export function newBursts(parts: BurstParts): Bursts {
  let last: Promise<unknown> = Promise.resolve();
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
  const controlBurst = async (address: string): Promise<Burst | null> => {
    const port = await closedPort(address);
    return port === null ? null : (await makeBurst(address, port, parts)).burst;
  };
  return {
    burst: (address, port) => alone(() => makeBurst(address, port, parts)),
    controlBurst: (address) => alone(() => controlBurst(address)),
  };
}

/**
 * The kernel mostly answers a connect over loopback before `connect(2)` returns, so the counters are read right before
 * the first and right after the last connect, in one turn of the event loop: nothing else of this process, whose own
 * resets are counted too, comes between. A busy machine may answer later (softirqs that are left to ksoftirqd), so that
 * counters which show fewer resets than attempts are read again once the attempts have ended.
 */
async function makeBurst(address: string, port: number, { clock, counters }: BurstParts): Promise<MadeBurst> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  const at = clock.now();
  const before = counters.tcp();
  const attempts = Array.from({ length: BURST_ATTEMPTS }, () => attempt(address, port));
  // node:net connects at the next tick; this one comes after all of those.
  const early = await new Promise<TcpCounters>((resolve) => process.nextTick(() => resolve(counters.tcp())));
  const icmp = address.includes(":") ? "icmp6Unreachable" : "icmpUnreachable";
  const icmpUnreachable = change(before[icmp], early[icmp]);
  const patienceMs = (icmpUnreachable ?? 0) >= BURST_ATTEMPTS ? PATIENCE_ICMP_MS : PATIENCE_MS;
  const endings = await settled(attempts, patienceMs, clock);
  const isShort = (change(before.resetsSent, early.resetsSent) ?? 0) < BURST_ATTEMPTS;
  const after = isShort ? counters.tcp() : early;
  for (const { socket } of attempts) releaseSocket(socket);
  const burst: Burst = {
    at,
    attempts: BURST_ATTEMPTS,
    refused: endings.filter((ending) => REFUSALS.has(ending)).length,
    ms: Math.round((clock.now().monotonicMs - at.monotonicMs) * 10) / 10,
    resetsSent: change(before.resetsSent, after.resetsSent),
    attemptFails: change(before.attemptFails, after.attemptFails),
    icmpUnreachable,
    // By the time a connect has returned its packet, or a rule's answer to it, has passed: later ones are others'.
    loopbackPackets: change(before.loopbackPackets, early.loopbackPackets),
  };
  return { burst, connected: endings.filter((ending) => ending === CONNECTED).length };
}

/** A port of an address that was our own a moment ago, so that it is surely closed; null where none can be had. */
export function closedPort(address: string): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(null));
    server.listen(0, address, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

const CONNECTED = "connected";
const STILL_OUT = "still out";
const TO_ITSELF = "to itself";

interface Attempt {
  readonly socket: Socket;
  /** Settles with the error's name, or with how it connected. */
  readonly ending: Promise<string>;
}

function attempt(address: string, port: number): Attempt {
  const socket = connect({ host: address, port, autoSelectFamily: false });
  const ending = new Promise<string>((resolve) => {
    socket.once("connect", () => {
      const isToItself = isSelfConnected(socket);
      // It would keep the server from binding its port.
      if (isToItself) socket.destroy();
      resolve(isToItself ? TO_ITSELF : CONNECTED);
    });
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "UNKNOWN"));
  });
  return { socket, ending };
}

/** How the attempts ended, or that they are still out when the time is up. */
async function settled(attempts: readonly Attempt[], ms: number, clock: Clock): Promise<readonly string[]> {
  const timeUp = new Promise<string>((resolve) => {
    // Timers run before sockets are polled: the loop polls once more before the time counts as up.
    const cancel = clock.after(ms, () => setImmediate(() => setImmediate(() => resolve(STILL_OUT))));
    void Promise.all(attempts.map(({ ending }) => ending)).then(cancel);
  });
  return await Promise.all(attempts.map(({ ending }) => Promise.race([ending, timeUp])));
}

function change(before: number | null, after: number | null): number | null {
  return before === null || after === null ? null : after - before;
}
