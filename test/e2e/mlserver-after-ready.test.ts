import { describe, expect, test } from "vitest";
import type { Mlserver } from "../support/mlserver.ts";
import type { Pod } from "../support/pod.ts";
import { type Gate, type GateOptions, podOfTest, startGate } from "./gate-in-pod.ts";
import { readyzBecomes, readyzDuring, serverOfTest, skipWithoutMlserver, verdictBecomes } from "./mlserver-in-pod.ts";

skipWithoutMlserver();

const echo = { name: "echo" };

/** A pod in which MLServer is up with a loaded model, and the gate is open. */
async function openPod(options?: GateOptions): Promise<{ pod: Pod; gate: Gate; server: Mlserver }> {
  const pod = await podOfTest();
  const gate = await startGate(pod, options);
  const server = await serverOfTest({ pod, models: [echo] });
  await verdictBecomes(gate, "http", "READY");
  await verdictBecomes(gate, "grpc", "READY");
  await readyzBecomes(gate, 200);
  return { pod, gate, server };
}

const fast = { args: ["--interval", "1s"] };

describe("an event loop blocked for 10 s after MLServer was ready", () => {
  test("does not close a gate with the usual interval, which has seen too few looks fail", async () => {
    const { gate, server } = await openPod();
    expect(await readyzDuring(gate, server.blockLoop("echo", 10))).toEqual(new Set([200]));
    expect(await gate.phases()).toEqual(["ready"]);
  });

  test("is a hung server to a gate that looks every second, until the loop goes on", async () => {
    const { gate, server } = await openPod(fast);
    const block = server.blockLoop("echo", 10);
    await verdictBecomes(gate, "http", "HUNG", 9_000);
    await verdictBecomes(gate, "grpc", "HUNG", 9_000);
    expect(await gate.readyz()).toBe(503);
    expect(await gate.status()).toMatchObject({ phase: "lost", verdict: { class: "server-fault" } });
    await block;
    await readyzBecomes(gate, 200, 3_000);
    await verdictBecomes(gate, "http", "READY");
    expect(await gate.phases()).toEqual(["ready", "lost", "ready"]);
    expect((await gate.target("http")).restarts).toBe(0);
  });
});

describe("an MLServer that is killed after it was ready", () => {
  test("has stopped listening; started again, it is a restart and opens the gate", async () => {
    const { pod, gate, server } = await openPod(fast);
    const [before] = (await gate.target("http")).bind;
    server.kill("SIGKILL");
    await readyzBecomes(gate, 503);
    await verdictBecomes(gate, "http", "STOPPED_LISTENING");
    await verdictBecomes(gate, "grpc", "STOPPED_LISTENING");
    expect(await gate.status()).toMatchObject({ phase: "lost", verdict: { class: "server-fault" } });

    await serverOfTest({ pod, models: [echo] });
    await readyzBecomes(gate, 200);
    await verdictBecomes(gate, "grpc", "READY");
    const http = await gate.target("http");
    expect(http).toMatchObject({ restarts: 1, ready: true });
    expect(http.bind[0]?.inode).not.toBe(before?.inode);
    expect(await gate.classes()).not.toContain("network-block");
  });
});

describe("a model loaded after MLServer was ready", () => {
  async function openSeldonPod(options: GateOptions, model: { loadSeconds?: number; fail?: "raise" }) {
    const pod = await podOfTest();
    const gate = await startGate(pod, options);
    const server = await serverOfTest({ pod, loadModelsAtStartup: false, models: [{ name: "late", ...model }] });
    await readyzBecomes(gate, 200);
    return { gate, server };
  }

  test("leaves the gate open, while the verdicts say that the server is not ready", async () => {
    const { gate, server } = await openSeldonPod(fast, { loadSeconds: 4 });
    const load = server.loadModel("late");
    const statuses = readyzDuring(gate, load);
    await verdictBecomes(gate, "http", "NOT_READY", 3_500);
    await verdictBecomes(gate, "grpc", "NOT_READY", 3_500);
    expect((await load).status).toBe(200);
    expect(await statuses).toEqual(new Set([200]));
    await verdictBecomes(gate, "http", "READY");
    await verdictBecomes(gate, "grpc", "READY");
    expect(await gate.phases()).toEqual(["ready"]);
  });

  test("closes a gate that was told to ask for readiness for ever", async () => {
    const settings = { env: { GATE_INTERVAL: "500ms", GATE_AFTER_READY: "ready", GATE_FAILURE_THRESHOLD: "2" } };
    const { gate, server } = await openSeldonPod(settings, { loadSeconds: 4 });
    const load = server.loadModel("late");
    await readyzBecomes(gate, 503, 3_500);
    await load;
    await readyzBecomes(gate, 200);
    expect(await gate.phases()).toEqual(["ready", "lost", "ready"]);
  });

  test("leaves the gate open also when its load fails", async () => {
    const { gate, server } = await openSeldonPod(fast, { fail: "raise", loadSeconds: 2 });
    const load = server.loadModel("late");
    expect(await readyzDuring(gate, load)).toEqual(new Set([200]));
    expect((await load).status).toBeGreaterThanOrEqual(400);
    await verdictBecomes(gate, "http", "READY");
    await verdictBecomes(gate, "grpc", "READY");
    expect(await gate.phases()).toEqual(["ready"]);
  });
});

describe("a gate that is asked to end beside a running MLServer", () => {
  test("ends with 0 within 2 s, and leaves the server alone", async () => {
    const { pod, gate } = await openPod();
    const askedAtMs = Date.now();
    gate.process.kill("SIGTERM");
    expect(await gate.process.exited).toEqual({ code: 0, signal: null });
    expect(Date.now() - askedAtMs).toBeLessThan(2_000);
    expect((await pod.get(9000, "/v2/health/live")).status).toBe(200);
  });
});
