import { describe, test } from "vitest";
import type { StandInPlanInput } from "../../src/stand-in/plan.ts";
import { type Lab, openLab } from "./lab.ts";
import { skipWithoutPods } from "./play.ts";
import { type Random, randomFrom } from "./random.ts";
import type { Act } from "./scenario.ts";
import { GRPC_PORT, HTTP_PORT, noise, pause, signal, standInOnItsWay } from "./servers.ts";

const STARTS = 100;
/** Of the whole set; the one that fails tells its own. */
const SEED = Number(process.env["LAB_SEED"] ?? Date.now() % 1_000_000);
const READY_WITHIN_MS = 15_000;

skipWithoutPods();

/** A server that takes its time at each phase, on an address of the usual ones. */
function randomPlan(random: Random): StandInPlanInput {
  return {
    host: random.oneOf(["127.0.0.1", "0.0.0.0", "::"]),
    httpPort: HTTP_PORT,
    grpcPort: GRPC_PORT,
    bindAfterMs: random.upTo(1_500),
    answerAfterMs: random.upTo(1_300),
    readyAfterMs: random.upTo(700),
    backlog: random.oneOf([1, 5, 511]),
  };
}

/** What goes on beside it: noise, a server that dies and is started again, a gate that stalls. */
function randomCourse(random: Random): readonly Act[] {
  const restart = () => [pause(random.upTo(1_800)), signal("server", "SIGKILL"), standInOnItsWay(randomPlan(random))];
  const stall = () => [signal("gate", "SIGSTOP"), pause(random.upTo(900)), signal("gate", "SIGCONT")];
  return [
    ...(random.chance(0.4) ? [noise(random.oneOf([10, 100, 300]))] : []),
    ...(random.chance(0.2) ? stall() : []),
    ...(random.chance(0.4) ? restart() : []),
    ...(random.chance(0.15) ? restart() : []),
    ...(random.chance(0.2) ? stall() : []),
  ];
}

async function runStart(random: Random, lab: Lab): Promise<void> {
  const serverFirst = random.chance(0.5);
  const startServer = standInOnItsWay(randomPlan(random));
  if (serverFirst) await startServer(lab);
  await lab.startGate({ flags: ["--open-on", random.oneOf(["live", "ready"])] });
  if (!serverFirst) await startServer(lab);
  for (const act of randomCourse(random)) await act(lab);
}

async function isOpen(lab: Lab): Promise<boolean> {
  const { ready, targets } = await lab.gate().status();
  return ready && targets.every(({ required, verdict }) => !required || verdict.code === "READY");
}

describe(`slow starts at random (LAB_SEED=${SEED})`, () => {
  test.concurrent.for(Array.from({ length: STARTS }, (_, index) => index))(
    "start %i ends ready, and is never called a network block",
    async (index, { expect, onTestFinished, onTestFailed }) => {
      const lab = await openLab();
      onTestFinished(() => lab.close());
      onTestFailed(() => console.error(lab.output()));
      await runStart(randomFrom(SEED + index), lab);
      await expect.poll(() => isOpen(lab), { timeout: READY_WITHIN_MS, interval: 50 }).toBe(true);
      const journal = await lab.gate().journal();
      expect(journal.length).toBeGreaterThan(0);
      expect(journal.filter((line) => line.verdict.class === "network-block")).toEqual([]);
    },
  );
});
