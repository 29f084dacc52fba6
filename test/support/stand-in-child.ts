import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { forkStandIn, type StandInProcess } from "../../src/stand-in/fork.ts";
import type { StandInPlanInput } from "../../src/stand-in/plan.ts";

const source = (name: string) => JSON.stringify(new URL(`../../src/stand-in/${name}`, import.meta.url).href);

const ENTRY = `import { runStandInChild } from ${source("child.ts")};
import { processChannel } from ${source("process-channel.ts")};
await runStandInChild(process.argv[3], processChannel()).catch(() => { process.exitCode = 1; });
`;

/** A stand-in in a child process, from the source, for the length of the test: its loop can block, and it can be killed. */
export async function forkStandInOfTest(plan: StandInPlanInput): Promise<StandInProcess> {
  const folder = await mkdtemp(join(tmpdir(), "gate-stand-in-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const modulePath = join(folder, "entry.mjs");
  await writeFile(modulePath, ENTRY);
  const child = await forkStandIn({ modulePath, execArgv: ["--import", import.meta.resolve("tsx")], plan });
  onTestFinished(() => child.stop());
  return child;
}
