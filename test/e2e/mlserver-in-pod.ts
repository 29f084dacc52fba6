import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeEach, expect, onTestFailed, vi } from "vitest";
import { type Mlserver, type MlserverOptions, startMlserver, whyNoMlserver } from "../support/mlserver.ts";
import { podsAvailable } from "../support/pod.ts";
import type { Gate } from "./gate-in-pod.ts";

async function whyNot(): Promise<string | null> {
  const pods = await podsAvailable();
  if (!pods.ok) return pods.reason;
  const bundle = fileURLToPath(new URL("../../dist/readiness-gate.mjs", import.meta.url));
  if (!existsSync(bundle)) throw new Error("dist/readiness-gate.mjs is missing: npm run build makes it");
  return whyNoMlserver();
}

/** Skips the tests of a file, with the reason, where pods or MLServer are not to be had. */
export function skipWithoutMlserver(): void {
  beforeEach(async ({ skip }) => {
    const reason = await whyNot();
    if (reason !== null) skip(reason);
  });
}

/** Starts MLServer for the running test, and shows its log when the test fails. */
export async function serverOfTest(options: MlserverOptions): Promise<Mlserver> {
  const server = await startMlserver(options);
  onTestFailed(() => console.error(`--- MLServer's output\n${server.log()}`));
  return server;
}

/** Waits until `/readyz` answers with a status. */
export async function readyzBecomes(gate: Gate, status: number, timeoutMs = 30_000): Promise<void> {
  await vi.waitFor(async () => expect(await gate.readyz()).toBe(status), { timeout: timeoutMs });
}

/** Waits until a target's verdict has a code. */
export async function verdictBecomes(gate: Gate, target: string, code: string, timeoutMs = 30_000): Promise<void> {
  await vi.waitFor(async () => expect((await gate.target(target)).verdict.code).toBe(code), { timeout: timeoutMs });
}

/** Every status that `/readyz` answers with while something goes on. */
export async function readyzDuring(gate: Gate, work: Promise<unknown>): Promise<Set<number>> {
  const seen = new Set<number>();
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    seen.add(await gate.readyz());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await over;
  return seen;
}
