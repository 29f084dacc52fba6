import { type GateState, newGate, onLook, onSockets, type Transition } from "../../src/core/gate.ts";
import type { ListenEvidence, Look, PathLook } from "../../src/core/observation.ts";
import type { GatePolicy } from "../../src/core/policy.ts";
import type { Target } from "../../src/core/target.ts";
import { answered, failed, listening, look, moment, NO_TABLE, refused, START, silent, unbound } from "./looks.ts";

/** One life of a server: milliseconds from the gate's start to each of its points, ascending. */
export interface ServerLife {
  readonly bindMs: number;
  readonly answerMs: number;
  readonly readyMs: number;
  /** When it ended; null: it lives on. */
  readonly endMs: number | null;
}

/** A server that starts, perhaps more than once, and how the gate sees it. */
export interface SimulatedServer {
  readonly target: Target;
  /** In order; the last one lives on. */
  readonly lives: readonly ServerLife[];
  /** Whether the gate can read the LISTEN table. */
  readonly hasTable: boolean;
  /** Pauses between looks, and between what a look meets and its reading of the table: used over and over. */
  readonly pausesMs: readonly number[];
  readonly lagsMs: readonly number[];
  /** What a look meets: `stall` is a late loop that sees a time-out, `doorbell` a reading of the table before it. */
  readonly noise: readonly ("none" | "stall" | "doorbell")[];
}

const DEADLINE_MS = 1000;
const LOOKS_LIMIT = 5000;

/** What a simulated start came to. */
export interface SimulatedEnd {
  readonly state: GateState;
  readonly transitions: readonly Transition[];
}

/** Plays the looks of a gate at servers that start, until the gate is open and every server has lived its last life. */
export function simulate(servers: readonly SimulatedServer[], policy: GatePolicy): SimulatedEnd {
  let state = newGate(
    servers.map(({ target }) => target),
    policy,
    START,
  );
  const transitions: Transition[] = [];
  const clocks = servers.map((server) => ({ server, nextMs: 0, looks: 0, isSettled: false }));
  const settledMs = Math.max(...servers.map(({ lives }) => lives.at(-1)?.readyMs ?? 0));
  for (let played = 0; played < LOOKS_LIMIT; played += 1) {
    const clock = clocks.reduce((first, one) => (one.nextMs < first.nextMs ? one : first));
    if (state.isOpen && clocks.every(({ isSettled }) => isSettled)) return { state, transitions };
    const { server, looks } = clock;
    const noise = turn(server.noise, looks);
    const seen = lookAt(server, {
      atMs: clock.nextMs,
      lagMs: turn(server.lagsMs, looks) ?? 0,
      isStalled: noise === "stall",
    });
    if (noise === "doorbell" && server.hasTable) {
      const reading = { sockets: socketsAt(server, clock.nextMs), at: seen.began };
      state = onSockets(state, server.target.name, reading);
    }
    const step = onLook(state, server.target.name, seen);
    state = step.state;
    transitions.push(...step.transitions);
    clock.isSettled ||= noise !== "stall" && clock.nextMs > settledMs;
    clock.nextMs = seen.ended.monotonicMs + (turn(server.pausesMs, looks) ?? 0);
    clock.looks += 1;
  }
  throw new Error("the gate never opened for good");
}

function turn<T>(items: readonly T[], index: number): T | undefined {
  return items[index % items.length];
}

function lifeAt({ lives }: SimulatedServer, ms: number): ServerLife | undefined {
  return lives.find(({ bindMs, endMs }) => bindMs <= ms && ms < (endMs ?? Number.POSITIVE_INFINITY));
}

function tableAt(server: SimulatedServer, ms: number): ListenEvidence {
  if (!server.hasTable) return NO_TABLE;
  const life = lifeAt(server, ms);
  return life === undefined ? unbound() : listening({ inode: 100 + server.lives.indexOf(life) });
}

function socketsAt(server: SimulatedServer, ms: number) {
  const table = tableAt(server, ms);
  return table.isKnown ? table.sockets : [];
}

interface LookPlan {
  readonly atMs: number;
  readonly lagMs: number;
  readonly isStalled: boolean;
}

/** The table is read last, after a lag in which the server may have bound or closed its port. */
function lookAt(server: SimulatedServer, { atMs, lagMs, isStalled }: LookPlan): Look {
  const { path, endMs } = isStalled
    ? { path: failed("timeout"), endMs: atMs + DEADLINE_MS }
    : pathAt(lifeAt(server, atMs), atMs);
  const listen = tableAt(server, endMs + lagMs);
  const seen = look(path, { listen, atMs: endMs + lagMs, stalledMs: isStalled ? 500 : 0 });
  return { ...seen, began: moment(atMs) };
}

interface TimedPath {
  readonly path: PathLook;
  readonly endMs: number;
}

function pathAt(life: ServerLife | undefined, connectMs: number): TimedPath {
  if (life === undefined) return { path: refused(), endMs: connectMs };
  const answerMs = Math.max(connectMs + 1, life.answerMs);
  const untilMs = Math.min(answerMs, connectMs + DEADLINE_MS);
  if (life.endMs !== null && life.endMs <= untilMs) return { path: answered("closed"), endMs: life.endMs };
  if (answerMs > connectMs + DEADLINE_MS) return { path: silent(), endMs: untilMs };
  return { path: answered(answerMs >= life.readyMs ? "ready" : "not-ready"), endMs: answerMs };
}
