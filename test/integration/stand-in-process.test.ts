import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { forkStandIn, type StandInProcess } from "../../src/stand-in/fork.ts";
import type { PhaseListener } from "../../src/stand-in/phases.ts";
import type { StandInPlanInput } from "../../src/stand-in/plan.ts";
import { ask, call, grpcPort, httpPort, READY, start, statusOf } from "../support/stand-in-of-test.ts";

describe("a stand-in in a child process", () => {
  const source = (name: string) => JSON.stringify(new URL(`../../src/stand-in/${name}`, import.meta.url).href);

  /** An entry such as the product's own: `ENTRY stand-in PLAN`. */
  async function entry(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "stand-in-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, "entry.mjs");
    await writeFile(
      path,
      `import { runStandInChild } from ${source("child.ts")};
       import { processChannel } from ${source("process-channel.ts")};
       if (process.argv[2] !== "stand-in") throw new Error("unexpected subcommand");
       await runStandInChild(process.argv[3], processChannel()).catch(() => { process.exitCode = 1; });`,
    );
    return path;
  }

  async function forkIt(plan: StandInPlanInput, onPhase?: PhaseListener): Promise<StandInProcess> {
    const options = { modulePath: await entry(), execArgv: ["--import", "tsx"], plan };
    const child = await forkStandIn(onPhase === undefined ? options : { ...options, onPhase });
    onTestFinished(() => child.stop());
    return child;
  }

  it("reports its phases, obeys controls and ends when told to", async () => {
    const phases: string[] = [];
    const child = await forkIt({ readyAfterMs: null }, (phase) => phases.push(phase));
    await child.reached("answering");
    expect((await ask(httpPort(child))).status).toBe(400);
    child.send({ models: { iris: true }, ready: true });
    expect(await child.reached("ready")).toBe(child.becameReadyAt());
    expect((await ask(httpPort(child), "/v2/models/iris/ready")).status).toBe(200);
    child.send({ httpFault: "status-503", grpcFault: "internal" });
    await vi.waitUntil(async () => (await ask(httpPort(child))).status === 503);
    expect((await statusOf(call(grpcPort(child), READY))).code).toBe(status.INTERNAL);
    expect(phases).toEqual(["starting", "bound", "answering", "ready"]);
    await child.stop();
    expect(await child.ended).toBe(0);
  });

  it("answers nothing while its loop is blocked, and then what was asked", async () => {
    const child = await forkIt({ readyAfterMs: null });
    await child.reached("answering");
    child.send({ ready: true, block: 700 });
    const blockedAt = await child.reached("ready");
    expect((await ask(httpPort(child))).status).toBe(200);
    expect(Date.now()).toBeGreaterThanOrEqual(blockedAt + 699);
  });

  it("is killed by stop when a blocked loop does not see it", async () => {
    const child = await forkIt({ readyAfterMs: null });
    await child.reached("answering");
    child.send({ ready: true, block: 60_000 });
    await child.reached("ready");
    await child.stop();
    expect(await child.ended).toBeNull();
  });

  it("ends at once by SIGTERM", async () => {
    const child = await forkIt({ readyAfterMs: null });
    child.kill("SIGTERM");
    expect(await child.ended).toBeNull();
    await expect(child.reached("ready")).rejects.toThrow("SIGTERM");
  });

  it("fails with the reason for a bad plan, and for a port that is taken", async () => {
    await expect(forkIt({ httpPort: -1 })).rejects.toThrow("httpPort");
    const holder = await start();
    const child = await forkIt({ httpPort: httpPort(holder) });
    await expect(child.reached("bound")).rejects.toThrow("EADDRINUSE");
    expect(await child.ended).toBe(1);
  });
});
