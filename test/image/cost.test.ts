import { readFileSync } from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";
import { output, run } from "./containers.ts";
import { imageOfTest, skipWithoutContainers } from "./image-of-test.ts";
import { kibibytesOf } from "./process-status.ts";

skipWithoutContainers();

/** When a process was started, in milliseconds since 1970, to the kernel's 10 ms. */
function startedAtMs(pid: number): number {
  const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
  const startTicks = Number(fields.split(" ")[19]);
  const uptimeSeconds = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
  return Date.now() - (uptimeSeconds * 1_000 - startTicks * 10);
}

/** When lines of a container's log were written, in milliseconds since 1970. */
async function timesOf(container: string): Promise<number[]> {
  const { stdout } = await run("podman", "logs", container);
  const lines = stdout.split("\n").filter(Boolean);
  return lines.map((line) => Date.parse((JSON.parse(line) as { readonly time: string }).time));
}

test("the gate alone in a container starts within seconds and rests below 96 MiB", async () => {
  const options = ["--detach", "--network=none", "--read-only", "--cap-drop=all", "--memory=192m"];
  const container = await output("podman", "run", ...options, imageOfTest().name);
  onTestFinished(() => void run("podman", "rm", "--force", "--time=0", container));
  // A line when it starts to watch, and one for the first verdict of each of the preset's three targets.
  await vi.waitFor(async () => expect((await timesOf(container)).length).toBeGreaterThanOrEqual(4), {
    timeout: 30_000,
  });
  const pid = Number(await output("podman", "inspect", "--format={{.State.Pid}}", container));
  const [watches = Number.NaN, , , verdicts = Number.NaN] = await timesOf(container);
  const sinceStart = (at: number) => (at - startedAtMs(pid)).toFixed(0);
  const resident = kibibytesOf(readFileSync(`/proc/${pid}/status`, "utf8"), "VmRSS") / 1024;
  const size = `${resident.toFixed(0)} MiB resident`;
  console.info(
    `The gate watches ${sinceStart(watches)} ms and has verdicts ${sinceStart(verdicts)} ms after its start, with ${size}`,
  );
  expect(verdicts - startedAtMs(pid)).toBeGreaterThan(0);
  expect(verdicts - startedAtMs(pid)).toBeLessThan(10_000);
  expect(resident).toBeLessThan(96);
});
