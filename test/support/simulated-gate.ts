import type { ConnectResult } from "../../src/core/connect.ts";
import { type GateState, newGate, onLook, onSockets, type Transition } from "../../src/core/gate.ts";
import type { Answer, Look } from "../../src/core/observation.ts";
import type { GatePolicy } from "../../src/core/policy.ts";
import type { VerdictCode } from "../../src/core/verdict-table.ts";
import type { Inquiry, Prober } from "../../src/probes/prober.ts";
import { newAcceptLedger } from "../../src/watch/accept-ledger.ts";
import { newExplainer } from "../../src/watch/explainer.ts";
import { newLooker } from "../../src/watch/looker.ts";
import { shareGlances } from "../../src/watch/loopback-glance.ts";
import { answered, httpTarget, START, silent } from "./looks.ts";
import { runUntilSettled, type SimulatedClock, simulatedClock } from "./simulated-clock.ts";
import { randomOf, type SimulatedNamespace, type SimulatedWorld, simulateNamespace } from "./simulated-namespace.ts";
import { resolvedTo } from "./watch-parts.ts";

/** How a gate watches a simulated namespace. */
export interface SimulatedWatch {
  readonly world: SimulatedWorld;
  readonly policy: GatePolicy;
  /** When the story ends. */
  readonly untilMs: number;
  /** When the gate's own process stands still, and how long. */
  readonly stalls: readonly { readonly atMs: number; readonly ms: number }[];
}

/** What a gate made of it. */
export interface SimulatedStory {
  readonly state: GateState;
  readonly transitions: readonly Transition[];
  readonly looks: readonly Look[];
  /** From when on a verdict stood, in milliseconds from the start; null: it never did. */
  since(code: VerdictCode): number | null;
}

const TARGET = httpTarget();
const DEADLINE_MS = 1000;
const KNOCK_MS = 0.3;

/** Plays a gate's watch of one target, with all that gathers evidence as it is, in simulated time. */
export async function playWatch({ world, policy, untilMs, stalls }: SimulatedWatch): Promise<SimulatedStory> {
  const clock = simulatedClock();
  const random = randomOf(world.seed + 1);
  const namespace = simulateNamespace(world, clock);
  const looker = newLooker(TARGET, partsOf(namespace, clock), () => {});
  let state = newGate([TARGET], policy, START);
  const transitions: Transition[] = [];
  const looks: Look[] = [];
  const pendingStalls = [...stalls];
  while (clock.nowMs() < untilMs) {
    const stall = pendingStalls[0];
    const looking = looker.look([], DEADLINE_MS);
    if (stall !== undefined && stall.atMs <= clock.nowMs()) {
      pendingStalls.shift();
      clock.stall(stall.ms);
    }
    const look = await runUntilSettled(looking, clock);
    looks.push(look);
    const step = onLook(state, TARGET.name, look);
    state = step.state;
    transitions.push(...step.transitions);
    const pauseMs = state.isOpen ? 1000 : 50 + random() * 50;
    for (let passedMs = 0; passedMs < pauseMs; passedMs += 40) {
      clock.advance(Math.min(40, pauseMs - passedMs));
      state = glance(state, namespace, clock);
    }
  }
  looker.close();
  const since = (code: VerdictCode) => transitions.find(({ verdict }) => verdict.code === code)?.sinceStartMs ?? null;
  return { state, transitions, looks, since };
}

/** The doorbell's glance at the table. */
function glance(state: GateState, namespace: SimulatedNamespace, clock: SimulatedClock): GateState {
  const sockets = namespace.sockets();
  const known = state.targets[0]?.memory.sockets ?? [];
  if (sockets === null || sockets.map(({ inode }) => inode).join() === known.map(({ inode }) => inode).join())
    return state;
  return onSockets(state, TARGET.name, { sockets, at: clock.now() });
}

function partsOf(namespace: SimulatedNamespace, clock: SimulatedClock): Parameters<typeof newLooker>[1] {
  const ledger = newAcceptLedger();
  const table = { current: namespace.sockets, fresh: namespace.sockets, isOutdated: () => false, close: () => {} };
  const canary = async () => {
    clock.advance(1);
    return namespace.canary();
  };
  const explainerParts: Parameters<typeof newExplainer>[1] = {
    clock,
    table,
    counters: namespace.counters,
    burst: async () => namespace.burst(),
    controlBurst: async () => namespace.controlBurst(),
    trackedWhileConnected: async () => namespace.tracked(),
    onConnected: (port, count) => ledger.arrived(ledger.opened(port, count)),
    checkLoopback: canary,
    glanceAtLoopback: shareGlances(canary, clock),
    knock: () => ({ connected: connectResult(namespace, clock), close: () => {} }),
  };
  return {
    clock,
    table,
    ledger,
    resolver: { resolve: async () => resolvedTo("127.0.0.1") },
    ephemeralPorts: null,
    isLocalAddress: () => true,
    isTableProven: () => true,
    ownSockets: () => new Set(),
    newExplainer: (port) => newExplainer(port, explainerParts),
    openProber: () => proberOf(namespace, clock),
  };
}

/** What a connect comes to; it stays out when nothing answers. */
function connectResult(namespace: SimulatedNamespace, clock: SimulatedClock): Promise<ConnectResult> {
  const { outcome, errno } = namespace.connect();
  return new Promise((resolve) => {
    if (outcome === "timeout") return;
    const result = { outcome, errno, refusedBy: outcome === "refused" ? "unknown" : null, ms: KNOCK_MS } as const;
    clock.after(KNOCK_MS, () => resolve(result));
  });
}

function proberOf(namespace: SimulatedNamespace, clock: SimulatedClock): Prober {
  const ask = (): Inquiry => {
    const life = namespace.life();
    const atMs = clock.nowMs();
    const connected = connectResult(namespace, clock);
    const answer = connected.then(({ outcome }) => {
      return outcome === "ok" ? laterAnswer(life, atMs, clock) : new Promise<never>(() => {});
    });
    const failedLater = new Promise<never>(() => {});
    return { connected, answered: answer, failedLater, silence: () => answerOf(silent()), close: () => {} };
  };
  return { connectionsPerAsk: () => 1, ask, renew: () => {}, close: () => {} };
}

/** What the server of that time says, when it comes to it; a connect to nobody meets a proxy that closes. */
function laterAnswer(
  life: ReturnType<SimulatedNamespace["life"]>,
  atMs: number,
  clock: SimulatedClock,
): Promise<Answer> {
  const answerMs = Math.max(atMs + 1, life?.answerMs ?? 0);
  const endMs = life === undefined ? atMs + 1 : (life.endMs ?? Number.POSITIVE_INFINITY);
  const kind = endMs <= answerMs ? "closed" : answerMs >= (life?.readyMs ?? 0) ? "ready" : "not-ready";
  return new Promise((resolve) => {
    clock.after(Math.max(0, Math.min(answerMs, endMs) - clock.nowMs()), () => resolve(answerOf(answered(kind))));
  });
}

function answerOf({ answer }: ReturnType<typeof answered>): Answer {
  if (answer === null) throw new Error("a path without an answer");
  return answer;
}
