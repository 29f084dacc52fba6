import { createServer, type Server } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { snapshotOf } from "../../src/core/snapshot.ts";
import { type StandIn, startStandIn } from "../../src/stand-in/stand-in.ts";
import { systemClock } from "../../src/watch/system-clock.ts";
import { startRelay } from "../support/raw-servers.ts";
import { forkStandInOfTest } from "../support/stand-in-child.ts";
import { freeLowPort, startWatchedGate, type WatchedGate } from "../support/watched-gate.ts";

type Plan = Parameters<typeof startStandIn>[0];

async function standInOfTest(plan: Plan = {}): Promise<StandIn> {
  const standIn = await startStandIn(plan);
  onTestFinished(() => standIn.close());
  return standIn;
}

const httpAt = (port: number | null) => `http=http://127.0.0.1:${port}/v2/health/ready`;
const grpcAt = (port: number | null) => `grpc=grpc://127.0.0.1:${port}`;

function targetsOf(standIn: StandIn): string[] {
  const { http, grpc } = standIn.ports();
  return [...(http === null ? [] : [httpAt(http)]), ...(grpc === null ? [] : [grpcAt(grpc)])];
}

async function untilOpen(gate: WatchedGate, isOpen = true): Promise<void> {
  await vi.waitUntil(() => gate.state().isOpen === isOpen, { timeout: 5000, interval: 5 });
}

/** Looks hardly ever of its own accord. */
const FAR = { backoffMin: "60s", backoffMax: "60s" };

describe("the doorbell, under a back-off of 60 s", () => {
  it("opens the gate within 250 ms of the bind of two ports, and tells when they were bound", {
    retry: 2,
  }, async () => {
    const [httpPort, grpcPort] = [await freeLowPort(), await freeLowPort()];
    const gate = await startWatchedGate({ ...FAR, targets: [httpAt(httpPort), grpcAt(grpcPort)] });
    await vi.waitUntil(() => gate.looks.length === 2);
    const before = Date.now();
    await standInOfTest({ host: "127.0.0.1", httpPort, grpcPort });
    const bound = Date.now();
    await untilOpen(gate);
    expect(Date.now() - before).toBeLessThanOrEqual(250);
    expect(gate.looks.length).toBeLessThanOrEqual(6);
    for (const name of ["http", "grpc"]) {
      const { listening, connected, answered, ready } = gate.target(name).memory.timeline;
      expect(listening?.wallMs).toBeGreaterThanOrEqual(before);
      expect(listening?.wallMs).toBeLessThanOrEqual(bound + 100);
      const times = [listening, connected, answered, ready].map((at) => at?.monotonicMs ?? Number.NaN);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
  });

  it("sees a server that goes away within 250 ms", { retry: 2 }, async () => {
    const standIn = await standInOfTest({ readyAfterMs: null, grpcPort: null });
    const gate = await startWatchedGate({ ...FAR, targets: targetsOf(standIn) });
    await vi.waitUntil(() => gate.codes("http").includes("NOT_READY"));
    const before = Date.now();
    await standIn.close();
    await vi.waitUntil(() => gate.codes("http").includes("STOPPED_LISTENING"), { interval: 5 });
    expect(Date.now() - before).toBeLessThanOrEqual(250);
  });

  it("never connects to a closed port of the ephemeral range, and opens when it is bound", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const gate = await startWatchedGate({ targets: [httpAt(port)] });
    await vi.waitUntil(() => gate.target("http").memory.attempts >= 10, { timeout: 5000 });
    expect(gate.looks.every(({ look }) => look.paths.every(({ skipped }) => skipped === "ephemeral-port"))).toBe(true);
    expect(gate.codes("http")).toEqual(["NOT_LISTENING"]);
    await standInOfTest({ host: "127.0.0.1", httpPort: port, grpcPort: null });
    await untilOpen(gate);
  });
});

describe("a gate that is open", () => {
  const QUICK = { interval: "100ms", failureThreshold: "3", successThreshold: "2" };

  it("suspects, loses, and takes back a target by the thresholds", async () => {
    const standIn = await standInOfTest({ grpcPort: null });
    const gate = await startWatchedGate({ ...QUICK, targets: targetsOf(standIn) });
    await untilOpen(gate);
    standIn.setHttpFault("status-500");
    const suspected = await vi.waitFor(
      () => {
        const { suspected } = snapshotOfTarget(gate);
        expect(suspected?.looks).toBe(2);
        return suspected;
      },
      { interval: 5 },
    );
    expect(suspected).toMatchObject({ code: "ERRORING" });
    expect(snapshotOfTarget(gate)).toMatchObject({ ready: true, verdict: { code: "READY" } });
    await untilOpen(gate, false);
    expect(snapshotOfTarget(gate)).toMatchObject({ ready: false, suspected: null, verdict: { code: "ERRORING" } });
    const lostAfter = gate.looks.length;
    standIn.setHttpFault(null);
    await untilOpen(gate);
    expect(gate.looks.length - lostAfter).toBeGreaterThanOrEqual(2);
    expect(gate.phases()).toEqual(["ready", "lost", "ready"]);
    expect(gate.codes("http")).toEqual(["READY", "ERRORING", "READY"]);
    const { lost, back } = gate.target("http").memory.timeline;
    expect(back?.monotonicMs).toBeGreaterThan(lost?.monotonicMs ?? Number.NaN);
  });

  it("is not closed by fewer failing looks than the threshold", async () => {
    const standIn = await standInOfTest({ grpcPort: null });
    const gate = await startWatchedGate({ ...QUICK, failureThreshold: "1000", targets: targetsOf(standIn) });
    await untilOpen(gate);
    standIn.setHttpFault("status-500");
    await vi.waitUntil(() => (gate.target("http").suspicion?.looks ?? 0) >= 10, { timeout: 5000 });
    standIn.setHttpFault(null);
    await vi.waitUntil(() => gate.target("http").suspicion === null);
    expect(gate.phases()).toEqual(["ready"]);
    expect(gate.codes("http")).toEqual(["READY"]);
  });

  it("stays open while the server answers that it is not ready, under live", async () => {
    const standIn = await standInOfTest();
    const gate = await startWatchedGate({ ...QUICK, targets: targetsOf(standIn) });
    await untilOpen(gate);
    standIn.setReady(false);
    const seen = () => [gate.target("http").verdict.code, gate.target("grpc").verdict.code];
    await vi.waitFor(() => expect(seen()).toEqual(["NOT_READY", "NOT_READY"]), { timeout: 5000 });
    const looks = gate.looks.length;
    await vi.waitUntil(() => gate.looks.length > looks + 10, { timeout: 5000 });
    expect(gate.phases()).toEqual(["ready"]);
    expect(snapshotOfTarget(gate)).toMatchObject({ ready: true, verdict: { code: "NOT_READY" } });
  });

  it("closes when the server says for long enough that it is not ready, under ready", async () => {
    const standIn = await standInOfTest({ grpcPort: null });
    const gate = await startWatchedGate({ ...QUICK, afterReady: "ready", targets: targetsOf(standIn) });
    await untilOpen(gate);
    standIn.setReady(false);
    await untilOpen(gate, false);
    expect(gate.target("http").verdict.code).toBe("NOT_READY");
    standIn.setReady(true);
    await untilOpen(gate);
  });

  it("opens at the first answer under open-on live, and not at a silence or an error", async () => {
    const standIn = await standInOfTest({ readyAfterMs: null, grpcPort: null, httpFault: "status-500" });
    const gate = await startWatchedGate({ openOn: "live", targets: targetsOf(standIn) });
    await vi.waitUntil(() => gate.codes("http").includes("ERRORING"), { timeout: 5000 });
    expect(gate.state().isOpen).toBe(false);
    standIn.setHttpFault(null);
    await untilOpen(gate);
    expect(gate.target("http").verdict.code).toBe("NOT_READY");
  });

  it("loses a server that was killed, and knows the restarted one by its socket", async () => {
    const httpPort = await freeLowPort();
    const first = await forkStandInOfTest({ host: "127.0.0.1", httpPort, grpcPort: null });
    await first.reached("ready");
    const gate = await startWatchedGate({ ...QUICK, targets: [httpAt(httpPort)] });
    await untilOpen(gate);
    first.kill("SIGKILL");
    await untilOpen(gate, false);
    expect(gate.target("http").verdict.code).toBe("STOPPED_LISTENING");
    const second = await forkStandInOfTest({ host: "127.0.0.1", httpPort, grpcPort: null });
    await second.reached("ready");
    await untilOpen(gate);
    expect(gate.codes("http")).toEqual(["READY", "STOPPED_LISTENING", "READY"]);
    expect(gate.target("http").memory).toMatchObject({ restarts: 1, restartedAt: [expect.anything()] });
  });
});

function snapshotOfTarget(gate: WatchedGate) {
  const surroundings = {
    netns: null,
    loopback: { ipv4: null, ipv6: null },
    listeners: [],
    evidenceSources: { listenTable: "proven", resetCounters: "unproven", icmpCounters: "unproven" },
    findings: [],
    warnings: [],
  } as const;
  const [target] = snapshotOf(gate.state(), surroundings, systemClock.now()).targets;
  if (target === undefined) throw new Error("the snapshot has no target");
  return target;
}

describe.each([
  ["HTTP", { grpcPort: null }],
  ["gRPC", { httpPort: null }],
] as const)("models over %s", (_, plan) => {
  it("hold the first opening until each is ready, and matter no more afterwards", async () => {
    const standIn = await standInOfTest({ ...plan, models: { iris: false } });
    const options = { interval: "100ms", failureThreshold: "1" };
    const gate = await startWatchedGate({ ...options, models: ["iris", "wine"], targets: targetsOf(standIn) });
    const name = gate.state().targets[0]?.target.name ?? "";
    const pending = () => gate.target(name).lastLook?.paths[0]?.answer?.modelsPending;
    await vi.waitFor(() => expect(pending()).toEqual(["iris", "wine"]), { timeout: 5000 });
    expect(gate.codes(name)).toEqual(["NOT_READY"]);
    expect(gate.target(name).verdict.summary).toContain("iris, wine");
    standIn.setModelReady("iris", true);
    await vi.waitFor(() => expect(pending()).toEqual(["wine"]), { timeout: 5000 });
    expect(gate.state().isOpen).toBe(false);
    standIn.setModelReady("wine", true);
    await untilOpen(gate);
    standIn.setModelReady("iris", false);
    const looks = gate.looks.length;
    await vi.waitUntil(() => gate.looks.length > looks + 5, { timeout: 5000 });
    expect(gate.phases()).toEqual(["ready"]);
    expect(gate.target(name).verdict.code).toBe("READY");
  });
});

describe("looks", () => {
  it("are bounded by the probe's time-out, whatever the server does, and never overlap", async () => {
    for (const httpFault of ["silent", "endless-headers", "endless-body", "reset", "garbage", "http2"] as const) {
      const standIn = await standInOfTest({ httpFault, grpcPort: null });
      const gate = await startWatchedGate({ probeTimeout: "200ms", interval: "100ms", targets: targetsOf(standIn) });
      await vi.waitUntil(() => gate.looks.length >= 4, { timeout: 5000 });
      await gate.stop();
      const looks = gate.looks.map(({ look }) => look);
      for (const [index, { began, ended }] of looks.entries()) {
        expect(ended.monotonicMs - began.monotonicMs).toBeLessThan(200 + 150);
        expect(began.monotonicMs).toBeGreaterThanOrEqual(looks[index - 1]?.ended.monotonicMs ?? 0);
      }
    }
  });

  it("leave one kept gRPC connection behind at most, and none when the gate has stopped", async () => {
    const standIn = await standInOfTest({ httpPort: null });
    const relay = await startRelay(standIn.ports().grpc ?? 0);
    const gate = await startWatchedGate({ interval: "100ms", targets: [grpcAt(relay.port)] });
    await vi.waitUntil(() => gate.looks.length >= 10, { timeout: 5000 });
    await vi.waitUntil(() => relay.open() <= 1);
    await gate.stop();
    await vi.waitUntil(() => relay.open() === 0);
  });

  it("at an optional target never hold the gate, and go on at the interval once it is open", async () => {
    const standIn = await standInOfTest({ grpcPort: null });
    const rclone = `rclone=tcp://127.0.0.1:${await freeLowPort()}?required=false`;
    const gate = await startWatchedGate({ interval: "100ms", targets: [...targetsOf(standIn), rclone] });
    await untilOpen(gate);
    const count = () => gate.looks.filter(({ target }) => target === "rclone").length;
    const before = count();
    await vi.waitUntil(() => count() >= before + 5, { timeout: 5000 });
    expect(gate.codes("rclone")).toEqual(["NOT_LISTENING"]);
    expect(gate.phases()).toEqual(["ready"]);
  });
});

describe("a gate whose own loop is blocked", () => {
  const block = (ms: number) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

  it("takes what it did not see meanwhile for no evidence", async () => {
    const child = await forkStandInOfTest({ host: "127.0.0.1", httpFault: "silent", grpcPort: null });
    await child.reached("ready");
    const gate = await startWatchedGate({ probeTimeout: "300ms", targets: [httpAt(child.ports().http)] });
    await vi.waitUntil(() => gate.looks.length >= 1, { timeout: 5000 });
    const isStalled = ({ look }: (typeof gate.looks)[number]) => look.stalledMs > 100;
    await vi.waitFor(
      () => {
        block(500);
        expect(gate.looks.some(isStalled)).toBe(true);
      },
      { timeout: 10_000 },
    );
    const evidence = gate.looks.filter((taken) => !isStalled(taken));
    expect(gate.target("http").memory.attempts).toBe(evidence.length);
  });

  it("loses no server that has answered in the meantime", async () => {
    const child = await forkStandInOfTest({ host: "127.0.0.1" });
    await child.reached("ready");
    const { http, grpc } = child.ports();
    const gate = await startWatchedGate({
      probeTimeout: "100ms",
      interval: "100ms",
      failureThreshold: "1",
      targets: [httpAt(http), grpcAt(grpc)],
    });
    await untilOpen(gate);
    for (let count = 0; count < 10; count += 1) {
      const looks = gate.looks.length;
      await vi.waitUntil(() => gate.looks.length > looks, { interval: 1 + count * 7, timeout: 5000 });
      block(300);
    }
    expect(gate.phases()).toEqual(["ready"]);
  });
});

describe("a listener that comes and goes all the time", () => {
  it("is never taken for a network block, and never ends the watch", async () => {
    const port = await freeLowPort();
    const gate = await startWatchedGate({
      backoffMin: "1ms",
      backoffMax: "5ms",
      probeTimeout: "100ms",
      targets: [httpAt(port), `tcp=tcp://127.0.0.1:${port}`],
    });
    let binds = 0;
    while (binds <= 200 || gate.looks.length <= 100) {
      const server = await bound(port);
      binds += 1;
      await new Promise((resolve) => setTimeout(resolve, binds % 7));
      await new Promise((resolve) => server.close(resolve));
    }
    const classes = new Set(gate.transitions.map(({ verdict }) => verdict.class));
    expect(classes).not.toContain("network-block");
    expect(classes).not.toContain("misconfiguration");
    // The watch goes on.
    const looks = gate.looks.length;
    await vi.waitUntil(() => gate.looks.length > looks);
  });
});

/** A server that takes connections and ends them at once. */
function bound(port: number): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.on("error", () => undefined).destroy());
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
