import { setTimeout as delay } from "node:timers/promises";
import { forkStandIn, type StandInProcess } from "../src/stand-in/fork.ts";
import { takeFreePort } from "./free-ports.ts";
import { type GateProcess, type ServerPorts, startGate } from "./gate-process.ts";
import { type StartPlan, totalMs } from "./plans.ts";
import { agentProber, defaultChannelProber, kubeletProber, type Prober } from "./probers.ts";
import { BUNDLE } from "./program.ts";
import type { Random } from "./random.ts";

/** Everyone who watches the same start, in the order of the table. */
export const CONTENDERS = ["gate", "kubelet", "agent", "channel"] as const;

export type Contender = (typeof CONTENDERS)[number];

/** One start and, for each contender, the time from the server's readiness until it knew, in milliseconds. */
export interface RaceResult {
  readonly plan: StartPlan;
  readonly lagMs: Readonly<Record<Contender, number>>;
}

/** A server that has not begun to start, and a gate that already watches for it. */
interface Lane {
  readonly plan: StartPlan;
  readonly ports: ServerPorts;
  readonly gate: GateProcess;
  readonly standIn: StandInProcess;
}

/** A contender that has not noticed by then is given this lag. */
export const LAG_LIMIT_MS = 60_000;
/** `/readyz` is asked from this long before the server is ready: until then nothing is there to be missed. */
const POLL_AHEAD_MS = 1000;

/** Lets all plans' servers start at the same moment, each in a process of its own, and everyone watch. */
export async function runRaces(plans: readonly StartPlan[], random: Random): Promise<readonly RaceResult[]> {
  const lanes: Lane[] = [];
  try {
    // One after another, and all before the first server sets off: a process that boots takes a core from its neighbours.
    for (const plan of plans) lanes.push(await openLane(plan));
    return await Promise.all(lanes.map((lane) => race(lane, random)));
  } finally {
    await Promise.all(lanes.map(({ gate, standIn }) => Promise.all([gate.stop(), standIn.stop()])));
  }
}

async function openLane(plan: StartPlan): Promise<Lane> {
  const ports = { httpPort: await takeFreePort(), grpcPort: await takeFreePort() };
  const gate = await startGate(ports, await takeFreePort());
  const { answerAfterMs, readyAfterMs } = plan;
  const standIn = await forkStandIn({
    modulePath: BUNDLE,
    execArgv: [],
    plan: { ...ports, bindAfterMs: null, answerAfterMs, readyAfterMs },
  });
  return { plan, ports, gate, standIn };
}

async function race({ plan, ports, gate, standIn }: Lane, random: Random): Promise<RaceResult> {
  const readyAt = standIn.reached("ready");
  const probers: Readonly<Record<Contender, Prober>> = {
    gate: async (_, signal) => {
      await delay(Math.max(0, totalMs(plan) - POLL_AHEAD_MS), undefined, { signal });
      return await gate.untilOpen(signal);
    },
    kubelet: kubeletProber(random),
    agent: agentProber(random),
    channel: defaultChannelProber,
  };
  const aborter = new AbortController();
  const limit = delay(totalMs(plan) + LAG_LIMIT_MS, undefined, { signal: aborter.signal }).catch(() => {});
  const lagOf = async (contender: Contender): Promise<number> => {
    const known = probers[contender](ports, aborter.signal).catch(toNothing);
    const knownAt = (await Promise.race([known, limit])) ?? Number.POSITIVE_INFINITY;
    return Math.min(LAG_LIMIT_MS, knownAt - (await readyAt));
  };
  const lags = Promise.all([lagOf("gate"), lagOf("kubelet"), lagOf("agent"), lagOf("channel")]);
  await delay(plan.bindAfterMs);
  standIn.send({ advance: true });
  const [gateLagMs, kubelet, agent, channel] = await lags;
  aborter.abort();
  return { plan, lagMs: { gate: gateLagMs, kubelet, agent, channel } };
}

/** @throws for anything but the end of the race */
function toNothing(error: unknown): undefined {
  if (!(error instanceof Error && error.name === "AbortError")) throw error;
}
