import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { runCanary } from "../../src/probes/canary.ts";
import { createPod, podsAvailable } from "../support/pod.ts";
import { type Exhausted, MEASURE, measureInPod } from "../support/proof-pod.ts";

const support = await podsAvailable();

describe("the canary", () => {
  it("comes back over 127.0.0.1, and calls back with its port while the connection is open", async () => {
    const ports: number[] = [];
    const state = await runCanary({ address: "127.0.0.1", withinMs: 5000, whileOpen: (port) => ports.push(port) });
    expect(state).toBe("ok");
    expect(ports).toEqual([expect.any(Number)]);
  });

  it("is absent where the address does not exist", async () => {
    expect(await runCanary({ address: "192.0.2.1", withinMs: 5000 })).toBe("absent");
  });

  it("leaves nothing behind", async () => {
    const states = await Promise.all(
      Array.from({ length: 20 }, () => runCanary({ address: "127.0.0.1", withinMs: 5000 })),
    );
    expect(new Set(states)).toEqual(new Set(["ok"]));
    const open = () => process.getActiveResourcesInfo().filter((name) => name.startsWith("TCP")).length;
    await expect.poll(open).toBe(0);
  });

  it("does not fail because the event loop stood still for longer than it may take", async () => {
    const running = runCanary({ address: "127.0.0.1", withinMs: 50 });
    setTimeout(() => {
      const until = performance.now() + 200;
      while (performance.now() < until);
    }, 0);
    expect(await running).not.toBe("failed");
  });

  it("shows in the table of listening sockets of its namespace while it is up, and is gone then", async ({ skip }) => {
    if (!support.ok) skip(support.reason);
    const pod = await createPod();
    onTestFinished(() => pod.destroy());
    expect(await measureInPod(pod, ["findCanary"])).toEqual({ canary: "ok", isShown: true, isGone: true });
  });

  it("does not fail, and no burst accuses, while the gate runs out of descriptors", async () => {
    const args = ["-c", `ulimit -n 256 && exec "$@"`, "sh", process.execPath, ...MEASURE, "exhaust"];
    const { stdout } = await promisify(execFile)("sh", args);
    const seen = JSON.parse(stdout) as readonly Exhausted[];
    expect(seen.map(({ canary }) => canary).slice(0, 2)).toEqual([null, null]);
    expect(seen.map(({ canary }) => canary)).not.toContain("failed");
    const [control, burst] = [
      { refused: 3, resetsSent: 3 },
      { refused: 3, resetsSent: 3 },
    ];
    expect(seen.at(-1)).toMatchObject({ canary: "ok", burst, control });
    // Whatever was refused, the kernel refused.
    const bursts = seen.flatMap((one) => [one.burst, ...(one.control === null ? [] : [one.control])]);
    expect(bursts.filter(({ refused, resetsSent }) => (resetsSent ?? 0) < refused)).toEqual([]);
  });
});
