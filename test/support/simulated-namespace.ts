import type { ConnectOutcome } from "../../src/core/connect.ts";
import type { LoopbackState } from "../../src/core/loopback.ts";
import type { ListeningSocket } from "../../src/core/observation.ts";
import { BURST_ATTEMPTS, type Burst } from "../../src/core/proof.ts";
import type { QueueCounters, TcpCounters } from "../../src/kernel/counters.ts";
import type { MadeBurst } from "../../src/probes/burst.ts";
import type { SimulatedClock } from "./simulated-clock.ts";
import type { ServerLife } from "./simulated-start.ts";

/** A time, in milliseconds from the gate's start. */
export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A rule of the namespace: what it does to connects to the server's port, to all of loopback, or to all other ports. */
export interface SimulatedRule extends Span {
  readonly does: "reset" | "icmp" | "drop" | "redirect-dead" | "redirect-live" | "dnat-away" | "no-route" | "forbid";
  readonly scope: "port" | "loopback" | "others";
}

/** What happens in a network namespace, and what its kernel shows of it. */
export interface SimulatedWorld {
  readonly lives: readonly ServerLife[];
  /** Where the server binds; `v6only` is a wildcard of IPv6 that does not serve IPv4. */
  readonly bind: "0.0.0.0" | "127.0.0.1" | "::" | "v6only" | "10.42.0.7";
  readonly rule: SimulatedRule | null;
  /** Times in which the server does not accept and its queue is full. */
  readonly fullQueue: readonly Span[];
  /** Times in which the gate has no file descriptor left. */
  readonly noDescriptors: readonly Span[];
  readonly hasTable: boolean;
  /**
   * Whether the counters move; `stuck`: those of TCP and ICMP are shown and stay 0, as in some sandboxes, and those of
   * queues are not shown; `hidden`: none is shown.
   */
  readonly counters: "move" | "stuck" | "hidden";
  /** What other connections add to the counters, a second. */
  readonly noise: { readonly resets: number; readonly icmp: number; readonly overflows: number };
  readonly seed: number;
}

/** The namespace as a gate meets it, on a clock. */
export interface SimulatedNamespace {
  /** What a connect to the server's port comes to now. */
  connect(): Ending;
  life(): ServerLife | undefined;
  sockets(): readonly ListeningSocket[] | null;
  burst(): MadeBurst;
  controlBurst(): Burst | null;
  canary(): LoopbackState | null;
  tracked(): number | null;
  readonly counters: { tcp(): TcpCounters; queues(): QueueCounters; close(): void };
}

/** How a connect ends, and who sends a reset or an ICMP for it: `elsewhere` is the kernel of another namespace. */
export interface Ending {
  readonly outcome: ConnectOutcome;
  readonly errno: string | null;
  readonly by: "kernel" | "reset" | "icmp" | "elsewhere" | null;
}

/** What one connect adds to the counters, by who ends it: what goes to another namespace does not pass `lo`. */
const COUNTED = {
  kernel: { resets: 1, fails: 1, icmp: 0, loopback: 2 },
  reset: { resets: 0, fails: 1, icmp: 0, loopback: 2 },
  icmp: { resets: 0, fails: 0, icmp: 1, loopback: 2 },
  elsewhere: { resets: 0, fails: 1, icmp: 0, loopback: 0 },
  nobody: { resets: 0, fails: 0, icmp: 0, loopback: 1 },
} as const;

const CONNECTED: Ending = { outcome: "ok", errno: null, by: null };
const CLOSED: Ending = { outcome: "refused", errno: "ECONNREFUSED", by: "kernel" };
const VANISHED: Ending = { outcome: "timeout", errno: "DEADLINE", by: null };
const NO_DESCRIPTOR: Ending = { outcome: "unavailable", errno: "EMFILE", by: null };
const RULES: Readonly<Record<SimulatedRule["does"], Ending>> = {
  reset: { outcome: "refused", errno: "ECONNREFUSED", by: "reset" },
  icmp: { outcome: "refused", errno: "ECONNREFUSED", by: "icmp" },
  drop: VANISHED,
  "redirect-dead": CLOSED,
  "redirect-live": CONNECTED,
  "dnat-away": { outcome: "refused", errno: "ECONNREFUSED", by: "elsewhere" },
  "no-route": { outcome: "unreachable", errno: "EHOSTUNREACH", by: null },
  forbid: { outcome: "denied", errno: "EPERM", by: null },
};

/** How long one attempt of a burst takes, and how much later counters that seem short are read again. */
const ATTEMPT_MS = 0.15;
const LATER_MS = 0.3;

export function simulateNamespace(world: SimulatedWorld, clock: SimulatedClock): SimulatedNamespace {
  const random = randomOf(world.seed);
  const total = { resets: 0, fails: 0, icmp: 0, overflows: 0, loopback: 0 };
  let countedMs = 0;
  const isIn = ({ fromMs, untilMs }: Span) => fromMs <= clock.nowMs() && clock.nowMs() < untilMs;
  const life = () => world.lives.find(({ bindMs, endMs }) => isIn({ fromMs: bindMs, untilMs: endMs ?? Infinity }));
  const ruleOf = (isPort: boolean) => {
    const { rule } = world;
    return rule !== null && isIn(rule) && (rule.scope === "loopback" || isPort === (rule.scope === "port"))
      ? RULES[rule.does]
      : null;
  };
  const isServing = () => life() !== undefined && world.bind !== "v6only" && world.bind !== "10.42.0.7";
  const fromServer = () => {
    if (!isServing()) return CLOSED;
    return world.fullQueue.some(isIn) ? VANISHED : CONNECTED;
  };
  const count = (ending: Ending): Ending => {
    const counted = COUNTED[ending.by ?? "nobody"];
    total.resets += counted.resets;
    total.fails += counted.fails;
    total.icmp += counted.icmp;
    total.loopback += counted.loopback;
    return ending;
  };
  const connect = () => {
    if (world.noDescriptors.some(isIn)) return NO_DESCRIPTOR;
    const ruled = ruleOf(true);
    const ending = ruled ?? fromServer();
    if (ruled === null && ending === VANISHED) total.overflows += 1;
    return count(ending);
  };
  const connectToClosed = () => count(ruleOf(false) ?? CLOSED);
  const passNoise = () => {
    const seconds = (clock.nowMs() - countedMs) / 1000;
    countedMs = clock.nowMs();
    const resets = poisson(world.noise.resets * seconds, random);
    total.resets += resets;
    total.fails += resets;
    total.loopback += 2 * resets;
    total.icmp += poisson(world.noise.icmp * seconds, random);
    total.overflows += poisson(world.noise.overflows * seconds, random);
  };
  const shown = (value: number) => {
    if (world.counters === "hidden") return null;
    return world.counters === "stuck" ? 0 : value;
  };
  const tcp = (): TcpCounters => {
    passNoise();
    const icmp = shown(total.icmp);
    return {
      resetsSent: shown(total.resets),
      attemptFails: shown(total.fails),
      icmpUnreachable: icmp,
      icmp6Unreachable: 0,
      loopbackPackets: shown(total.loopback),
    };
  };
  const queues = (): QueueCounters => {
    passNoise();
    const overflows = world.counters === "move" ? total.overflows : null;
    return { listenOverflows: overflows, listenDrops: overflows };
  };
  const burstOf = (knock: () => Ending): MadeBurst => {
    const at = clock.now();
    const before = tcp();
    const endings = Array.from({ length: BURST_ATTEMPTS }, () => {
      clock.advance(ATTEMPT_MS);
      return knock();
    });
    const early = tcp();
    let after = early;
    const icmp = change(before.icmpUnreachable, early.icmpUnreachable);
    if ((change(before.resetsSent, after.resetsSent) ?? 0) < BURST_ATTEMPTS) {
      clock.advance(LATER_MS);
      after = tcp();
    }
    const burst: Burst = {
      at,
      attempts: BURST_ATTEMPTS,
      refused: endings.filter(({ errno }) => errno === "ECONNREFUSED").length,
      ms: 0.5,
      resetsSent: change(before.resetsSent, after.resetsSent),
      attemptFails: change(before.attemptFails, after.attemptFails),
      icmpUnreachable: icmp,
      loopbackPackets: change(before.loopbackPackets, early.loopbackPackets),
    };
    return { burst, connected: endings.filter(({ outcome }) => outcome === "ok").length };
  };
  const canary = (): LoopbackState | null => {
    if (world.noDescriptors.some(isIn)) return null;
    const ruled = ruleOf(false);
    // What a redirect brings back is not the canary's own text.
    return ruled === null ? "ok" : "failed";
  };
  return {
    connect,
    life,
    burst: () => burstOf(connect),
    controlBurst: () => (world.noDescriptors.some(isIn) ? null : burstOf(connectToClosed).burst),
    canary,
    tracked: () => (world.rule?.does.startsWith("redirect") && isIn(world.rule) ? 2 : 0),
    sockets: () => {
      const running = life();
      if (!world.hasTable) return null;
      if (running === undefined) return [];
      const address = world.bind === "v6only" ? "::" : world.bind;
      const acceptQueue = world.fullQueue.some(isIn) ? 3 : 0;
      return [{ address, port: 9000, inode: 100 + world.lives.indexOf(running), uid: 1000, acceptQueue }];
    },
    counters: { tcp, queues, close: () => {} },
  };
}

function change(before: number | null, after: number | null): number | null {
  return before === null || after === null ? null : after - before;
}

/** Numbers in [0, 1) that only hang on the seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A number of events of which there are so many on average (Knuth), or just that many where there are a lot. */
function poisson(mean: number, random: () => number): number {
  if (mean > 30) return Math.round(mean);
  const limit = Math.exp(-mean);
  let product = random();
  let events = 0;
  for (; product > limit; events += 1) product *= random();
  return events;
}
