import { existsSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createPod, type Pod, type PodOptions, podsAvailable } from "../support/pod.ts";

const support = await podsAvailable();
const serverScript = `require("node:http").createServer((q, r) => r.end("from " + q.url)).listen(9000, "0.0.0.0")`;
const pods: Pod[] = [];

async function makePod(options?: PodOptions): Promise<Pod> {
  const pod = await createPod(options);
  pods.push(pod);
  return pod;
}

/** A zombie that no parent has reaped yet does not count as running. */
function isRunning(pid: string): boolean {
  const status = `/proc/${pid}/status`;
  return existsSync(status) && !/^State:\s+Z/m.test(readFileSync(status, "utf8"));
}

beforeEach(({ skip }) => {
  if (!support.ok) skip(support.reason);
});

afterEach(async () => {
  await Promise.all(pods.splice(0).map((pod) => pod.destroy()));
});

describe("a pod", () => {
  test("is reached on its loopback and on its own address, and from no other pod", async () => {
    const pod = await makePod({ address: "10.42.0.7/24" });
    const other = await makePod();
    pod.spawn(process.execPath, ["-e", serverScript]);
    await vi.waitFor(async () => expect(await pod.connect(9000)).toBe("ok"), { timeout: 10_000 });
    expect(await pod.get(9000, "/a")).toMatchObject({ status: 200, body: "from /a" });
    expect(await pod.get(9000, "/b", { host: "10.42.0.7" })).toMatchObject({ body: "from /b" });
    expect(await other.connect(9000)).toBe("ECONNREFUSED");
    expect(await pod.read("/proc/net/tcp")).toMatch(/00000000:2328/);
  });

  test("runs a command to its end and tells how it ended", async () => {
    const pod = await makePod();
    const result = await pod.run("sh", ["-c", 'echo "$GREETING"; echo oops >&2; exit 3'], { env: { GREETING: "hi" } });
    expect(result).toEqual({ code: 3, signal: null, stdout: "hi\n", stderr: "oops\n" });
  });

  test("takes its processes and itself away", async () => {
    const pod = await makePod();
    const leader = pod.spawn("sh", ["-c", "sleep 600 & echo $!; wait"]);
    await vi.waitFor(() => expect(leader.stdout()).toMatch(/^\d+\n$/));
    await pod.destroy();
    expect(await leader.exited).toMatchObject({ signal: "SIGKILL" });
    expect(existsSync(`/run/netns/${pod.name}`)).toBe(false);
    const grandchild = leader.stdout().trim();
    await vi.waitFor(() => expect(isRunning(grandchild)).toBe(false));
  });
});
