import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, onTestFailed, test, vi } from "vitest";
import { type GatedPod, type GatedPodOptions, startGatedPod, whyNoGatedPod } from "./gated-pod.ts";
import { imageOfTest, skipWithoutContainers } from "./image-of-test.ts";
import { fieldOf, kibibytesOf } from "./process-status.ts";

skipWithoutContainers();
beforeEach(({ skip }) => {
  const reason = whyNoGatedPod();
  if (reason !== null) skip(reason);
});

const limitBytes = 192 * 1024 * 1024;
const patience = { timeout: 60_000, interval: 200 };

/** A pod for all tests of a block, where there is an image to run. */
function podOfBlock(options: Omit<GatedPodOptions, "image" | "base">): () => GatedPod {
  let pod: GatedPod | undefined;
  beforeAll(async () => {
    if (!inject("image").ok || whyNoGatedPod() !== null) return;
    const { name: image, base } = imageOfTest();
    pod = await startGatedPod({ image, base, ...options });
  });
  afterAll(() => pod?.destroy());
  return () => {
    const it = pod;
    if (it === undefined) throw new Error("the pod did not start");
    onTestFailed(async () => {
      for (const name of ["mlserver", "readiness-gate", "agent"]) {
        const { stdout, stderr } = await it.logs(name);
        console.error(`--- ${name}\n${stdout}${stderr}`);
      }
    });
    return it;
  };
}

async function verdictBecomes(pod: GatedPod, code: string): Promise<void> {
  await vi.waitFor(async () => expect((await pod.status()).verdict.code).toBe(code), patience);
}

async function grpcBecomes(pod: GatedPod, code: string): Promise<void> {
  const verdict = async () => (await pod.status()).targets.find(({ name }) => name === "grpc")?.verdict;
  await vi.waitFor(async () => expect(await verdict()).toMatchObject({ code }), patience);
}

async function agentEnds(pod: GatedPod): Promise<string> {
  await vi.waitFor(async () => expect(await pod.exitCode("agent")).toBe(0), patience);
  return (await pod.logs("agent")).stdout;
}

interface LogLine {
  readonly time: string;
  readonly class?: string;
  readonly to?: string;
}

/** The gate's own log. */
async function logOf(pod: GatedPod): Promise<LogLine[]> {
  const { stdout } = await pod.logs("readiness-gate");
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as LogLine);
}

/** What a container's memory cgroup says, of either version. */
async function memoryOf(pod: GatedPod): Promise<{ readonly limit: number; readonly peak: number }> {
  const groups = (await pod.proc("readiness-gate", "cgroup")).trim().split("\n");
  const legacy = groups.find((line) => /^\d+:memory:/.test(line))?.split(":")[2];
  const unified = groups.find((line) => line.startsWith("0::"))?.slice("0::".length);
  const [folder, limit, peak] =
    legacy === undefined
      ? [`/sys/fs/cgroup${unified}`, "memory.max", "memory.peak"]
      : [`/sys/fs/cgroup/memory${legacy}`, "memory.limit_in_bytes", "memory.max_usage_in_bytes"];
  const read = (name: string) => Number(readFileSync(`${folder}/${name}`, "utf8"));
  return { limit: read(limit), peak: existsSync(`${folder}/${peak}`) ? read(peak) : Number.NaN };
}

describe("a pod of containers, from what the chart renders", () => {
  const podOf = podOfBlock({ model: { name: "heavy", importSeconds: 8 } });

  test("holds back the container that waits while MLServer starts, and says so", async () => {
    const pod = podOf();
    await grpcBecomes(pod, "STARTING_UP");
    expect(await pod.get(9020, "/readyz?code=class")).toMatchObject({ status: 510 });
    expect(await pod.exitCode("agent")).toBeNull();
    expect((await pod.logs("agent")).stdout).not.toContain("wait ended");
    expect(await pod.terminationLog()).toContain("(slow-startup): ");
  });

  test("opens when MLServer answers, and the container that waited goes on and reaches both ports", async () => {
    const pod = podOf();
    await verdictBecomes(pod, "READY");
    expect(await pod.get(9020, "/readyz?code=class")).toMatchObject({ status: 200 });
    const said = await agentEnds(pod);
    const [, status, at] = /wait ended with (\d+) at (\d+)/.exec(said) ?? [];
    expect(status).toBe("0");
    const log = await logOf(pod);
    expect(Number(at)).toBeGreaterThanOrEqual(Date.parse(log.find(({ to }) => to === "ready")?.time ?? ""));
    expect(said).toContain("reaches 9000");
    expect(said).toContain("reaches 9500");
    expect(log.map((line) => line.class)).not.toContain("network-block");
  });

  test("runs the gate as an ordinary user without any capability, on a read-only root, under the limits of its cgroup", async () => {
    const pod = podOf();
    const status = await pod.proc("readiness-gate", "status");
    expect(fieldOf(status, "Uid").split(/\s+/)).toEqual(Array(4).fill("65532"));
    expect(fieldOf(status, "Gid").split(/\s+/)).toEqual(Array(4).fill("65532"));
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) expect(fieldOf(status, set)).toMatch(/^0+$/);
    expect(fieldOf(status, "NoNewPrivs")).toBe("1");
    expect(await pod.proc("readiness-gate", "mounts")).toMatch(/^\S+ \/ \S+ ro,/m);
    expect(await pod.proc("readiness-gate", "cmdline")).toMatch(/^\/usr\/local\/bin\/node\0.*--no-opt\0/);
  });

  test("keeps a journal where the chart mounts a volume, and warns of nothing", async () => {
    const pod = podOf();
    expect((await pod.status()).warnings).toEqual([]);
    expect((await pod.logs("readiness-gate")).stderr).toBe("");
    expect((await pod.get(9022, "/journal")).body).toContain('"READY"');
  });

  test("agrees with a container that is added later and diagnoses", async () => {
    const pod = podOf();
    const { code, stdout } = await pod.add("diagnose", "--json");
    const added = JSON.parse(stdout) as { readonly verdict: object };
    const { verdict } = await pod.status();
    expect({ code, verdict: added.verdict }).toEqual({
      code: 0,
      verdict: expect.objectContaining({ code: verdict.code, class: verdict.class }),
    });
  });

  test("stays well below the chart's memory limit", async () => {
    const pod = podOf();
    const { limit, peak } = await memoryOf(pod);
    expect(limit).toBe(limitBytes);
    if (!Number.isNaN(peak)) expect(peak).toBeLessThan(limitBytes / 2);
    expect(kibibytesOf(await pod.proc("readiness-gate", "status"), "VmHWM")).toBeLessThan(128 * 1024);
  });

  test("watches the end of MLServer after SIGTERM, and ends with 0 and the last verdict in the termination log", async () => {
    const pod = podOf();
    await pod.terminate("readiness-gate");
    await vi.waitFor(async () => expect((await pod.status()).phase).toBe("stopping"), patience);
    expect(await pod.exitCode("readiness-gate")).toBeNull();
    await pod.terminate("mlserver");
    await vi.waitFor(async () => expect(await pod.exitCode("readiness-gate")).toBe(0), patience);
    expect(await pod.terminationLog()).toMatch(/^\S+ [A-Z_]+ \([a-z-]+\): /);
  });
});

describe("the same pod with a rule that rejects port 9500, all containers as user 1000", () => {
  const rule = ["INPUT", "-p", "tcp", "--dport", "9500", "-j", "REJECT"];
  const podOf = podOfBlock({ uid: 1000, model: { name: "quick" }, rules: [["-A", ...rule]] });

  test("says REJECTED, before and after the port is bound, keeps the gate closed and the third container waiting", async () => {
    const pod = podOf();
    await verdictBecomes(pod, "REJECTED");
    await vi.waitFor(async () => {
      const targets = (await pod.status()).targets.filter(({ required }) => required);
      expect(targets.map(({ name, ready, bind }) => [name, ready, bind.length])).toEqual([
        ["http", true, 1],
        ["grpc", false, 1],
      ]);
    }, patience);
    const { verdict } = await pod.status();
    expect(verdict).toMatchObject({ code: "REJECTED", class: "network-block" });
    expect(await pod.get(9020, "/readyz?code=class")).toMatchObject({ status: 511 });
    expect(await pod.terminationLog()).toContain("grpc REJECTED (network-block)");
    expect(await pod.exitCode("agent")).toBeNull();
    expect(fieldOf(await pod.proc("readiness-gate", "status"), "Uid").split(/\s+/)).toEqual(Array(4).fill("1000"));
    expect(fieldOf(await pod.proc("readiness-gate", "status"), "CapBnd")).toMatch(/^0+$/);
  });

  test("is told the same by a container that is added later", async () => {
    const { code, stdout } = await podOf().add("diagnose", "--json");
    const { verdict } = JSON.parse(stdout) as { readonly verdict: object };
    expect({ code, verdict }).toEqual({ code: 11, verdict: expect.objectContaining({ code: "REJECTED" }) });
  });

  test("opens once the rule is gone, and the third container goes on", async () => {
    const pod = podOf();
    await pod.inNetwork("iptables", "-D", ...rule);
    await verdictBecomes(pod, "READY");
    expect(await agentEnds(pod)).toContain("reaches 9500");
  });
});
