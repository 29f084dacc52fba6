import { setTimeout as after } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { openListenTable } from "../../src/kernel/listen-table.ts";
import type { StandInPlanInput } from "../../src/stand-in/plan.ts";
import { forkStandInOfTest } from "../support/stand-in-child.ts";
import { freeLowPort, startWatchedGate, type WatchedGate } from "../support/watched-gate.ts";

/** The most connections of the gate that may wait in one accept queue. */
const MOST_WAITING = 4;
/** Longer than the 30 s after which a silent question is asked anew. */
const SILENT_MS = 38_000;
const READING_EVERY_MS = 10;

/** Reads the accept queues of some ports all the time, and keeps the longest that each was. */
function watchQueues(ports: readonly number[]) {
  const table = openListenTable("/proc", () => performance.now());
  const longest = new Map(ports.map((port) => [port, 0]));
  const read = () => {
    for (const { port, acceptQueue } of table.fresh() ?? []) {
      longest.set(port, Math.max(acceptQueue, longest.get(port) ?? 0));
    }
  };
  const timer = setInterval(read, READING_EVERY_MS);
  onTestFinished(() => {
    clearInterval(timer);
    table.close();
  });
  return (port: number) => longest.get(port) ?? 0;
}

/** When the gate first saw a target's answer; the clocks of both processes are this machine's. */
async function readyAt(gate: WatchedGate, name: string): Promise<number> {
  await vi.waitUntil(() => gate.target(name).isReady, { timeout: 5000, interval: 5 });
  return gate.target(name).memory.timeline.ready?.wallMs ?? Number.NaN;
}

async function silentServer(plan: StandInPlanInput) {
  const child = await forkStandInOfTest({ host: "127.0.0.1", ...plan });
  await child.reached("ready");
  child.kill("SIGSTOP");
  onTestFinished(() => child.kill("SIGCONT"));
  return child;
}

const HASTE = { probeTimeout: "200ms", backoffMin: "5ms", backoffMax: "10ms" };

/** How the targets share the server's two ports. */
interface Arrangement {
  /** What the server binds. */
  readonly bind: string;
  readonly host: string;
  /** All targets ask the HTTP port. */
  readonly isShared: boolean;
}

/** A blocked server, a hasty gate with an HTTP, a gRPC and two TCP targets, and an eye on the queues. */
async function arrange({ bind, host, isShared }: Arrangement) {
  const [httpPort, grpcPort] = [await freeLowPort(), await freeLowPort()];
  const child = await silentServer({ host: bind, httpPort, grpcPort });
  const longest = watchQueues([httpPort, grpcPort]);
  const gate = await startWatchedGate({
    ...HASTE,
    targets: [
      `http=http://${host}:${httpPort}/v2/health/ready`,
      `grpc=grpc://${host}:${isShared ? httpPort : grpcPort}?required=false`,
      `tcp-http=tcp://${host}:${httpPort}?required=false`,
      `tcp-grpc=tcp://${host}:${isShared ? httpPort : grpcPort}?required=false`,
    ],
  });
  return { child, gate, longest: () => [longest(httpPort), isShared ? longest(httpPort) : longest(grpcPort)] };
}

describe("a server whose loop is blocked", () => {
  it("is not flooded by targets on its ports, on one port, or over both families, however long it lasts", async () => {
    const servers = await Promise.all([
      arrange({ bind: "127.0.0.1", host: "127.0.0.1", isShared: false }),
      arrange({ bind: "127.0.0.1", host: "127.0.0.1", isShared: true }),
      arrange({ bind: "::", host: "localhost", isShared: false }),
    ]);
    await after(SILENT_MS);
    for (const { gate, longest, child } of servers) {
      expect(gate.target("http").memory.attempts).toBeGreaterThan(100);
      expect(gate.codes("http")).toEqual(["STARTING_UP"]);
      expect(gate.codes("grpc")).toEqual(["STARTING_UP"]);
      expect(gate.state().isOpen).toBe(false);
      for (const length of longest()) {
        expect(length).toBeGreaterThan(0);
        expect(length).toBeLessThanOrEqual(MOST_WAITING);
      }
      child.kill("SIGCONT");
      await vi.waitUntil(() => gate.state().isOpen, { timeout: 5000 });
    }
  }, 60_000);

  it("is seen to answer within 100 ms of its waking, though the looks are far between", { retry: 2 }, async () => {
    const [httpPort, grpcPort] = [await freeLowPort(), await freeLowPort()];
    const child = await silentServer({ httpPort, grpcPort });
    const gate = await startWatchedGate({
      probeTimeout: "300ms",
      backoffMin: "60s",
      backoffMax: "60s",
      targets: [`http=http://127.0.0.1:${httpPort}/v2/health/ready`, `grpc=grpc://127.0.0.1:${grpcPort}`],
    });
    // Between two looks, with a patient question out for each target.
    await vi.waitUntil(() => gate.codes("http").length + gate.codes("grpc").length === 2, { timeout: 5000 });
    const wokeAt = Date.now();
    child.kill("SIGCONT");
    expect((await readyAt(gate, "http")) - wokeAt).toBeLessThanOrEqual(100);
    expect((await readyAt(gate, "grpc")) - wokeAt).toBeLessThanOrEqual(100);
    expect(gate.target("http").memory.attempts).toBe(2);
  });

  it("is known to be silent, not closed or hung, and its silence is an error of the protocol layer", async () => {
    const httpPort = await freeLowPort();
    await silentServer({ httpPort, grpcPort: null });
    const targets = [`http=http://127.0.0.1:${httpPort}/v2/health/ready`];
    const gate = await startWatchedGate({ ...HASTE, targets });
    await vi.waitUntil(() => gate.target("http").memory.attempts >= 5, { timeout: 5000 });
    const { memory, lastLook } = gate.target("http");
    expect(memory.lastError).toMatchObject({ layer: "protocol", code: "DEADLINE" });
    expect(memory.timeline.connected).not.toBeNull();
    expect(memory.timeline.answered).toBeNull();
    expect(lastLook?.paths[0]).toMatchObject({ connect: { outcome: "ok" }, answer: { kind: "silence" } });
  });

  it("is HUNG when it has answered before, and only then", async () => {
    const httpPort = await freeLowPort();
    const child = await forkStandInOfTest({ host: "127.0.0.1", httpPort, grpcPort: null });
    await child.reached("ready");
    const targets = [`http=http://127.0.0.1:${httpPort}/v2/health/ready`];
    const gate = await startWatchedGate({ ...HASTE, interval: "100ms", targets });
    await vi.waitUntil(() => gate.state().isOpen, { timeout: 5000 });
    child.kill("SIGSTOP");
    await vi.waitUntil(() => !gate.state().isOpen, { timeout: 5000 });
    expect(gate.codes("http")).toEqual(["READY", "HUNG"]);
    child.kill("SIGCONT");
    await vi.waitUntil(() => gate.state().isOpen, { timeout: 5000 });
    expect(gate.codes("http")).toEqual(["READY", "HUNG", "READY"]);
    expect(gate.target("http").memory.restarts).toBe(0);
  });
});
