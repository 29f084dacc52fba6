import { describe, expect, test } from "vitest";
import { watchAcceptQueues } from "./accept-queue.ts";
import { podOfTest, startGate } from "./gate-in-pod.ts";
import { readyzBecomes, serverOfTest, skipWithoutMlserver, verdictBecomes } from "./mlserver-in-pod.ts";

skipWithoutMlserver();

/** Longer than the 30 s after which the gate renews the connection on which it waits. */
const silenceMs = 35_000;

async function silenceIsOver(sinceMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, sinceMs + silenceMs - Date.now()));
}

describe("an MLServer that accepts connections and answers nothing for more than 30 s", () => {
  test("never has more than 4 connections of the gate to accept, stopped (SIGSTOP) after it was ready", async () => {
    const pod = await podOfTest();
    const gate = await startGate(pod, { args: ["--interval", "1s"] });
    const server = await serverOfTest({ pod, models: [{ name: "echo" }] });
    await verdictBecomes(gate, "http", "READY");
    await verdictBecomes(gate, "grpc", "READY");

    const queues = watchAcceptQueues(pod, [9000, 9500]);
    server.kill("SIGSTOP");
    const stoppedAtMs = Date.now();
    await verdictBecomes(gate, "http", "HUNG");
    await verdictBecomes(gate, "grpc", "HUNG");
    expect(await gate.readyz()).toBe(503);
    await silenceIsOver(stoppedAtMs);
    expect(await gate.status()).toMatchObject({ phase: "lost", verdict: { code: "HUNG", class: "server-fault" } });

    server.kill("SIGCONT");
    await readyzBecomes(gate, 200, 2_000);
    await verdictBecomes(gate, "http", "READY", 2_000);
    await verdictBecomes(gate, "grpc", "READY", 2_000);
    const { longest, reads } = await queues.end();
    expect(longest).toBeGreaterThanOrEqual(1);
    expect(longest).toBeLessThanOrEqual(4);
    expect(reads).toBeGreaterThan(100);
    expect(await gate.phases()).toEqual(["ready", "lost", "ready"]);
    expect(await gate.classes()).not.toContain("network-block");
  });

  test("never has more than 4 connections of the gate to accept, blocked by an import at its start", async () => {
    const pod = await podOfTest();
    const gate = await startGate(pod);
    const queues = watchAcceptQueues(pod, [9000, 9500]);
    await serverOfTest({ pod, models: [{ name: "huge", importSeconds: silenceMs / 1_000 }] });
    await verdictBecomes(gate, "grpc", "STARTING_UP");
    await readyzBecomes(gate, 200, silenceMs + 15_000);
    const { longest, reads } = await queues.end();
    expect(longest).toBeGreaterThanOrEqual(1);
    expect(longest).toBeLessThanOrEqual(4);
    expect(reads).toBeGreaterThan(100);
    await verdictBecomes(gate, "grpc", "READY");
    expect((await gate.codes("grpc")).join(" ")).toMatch(/^NOT_LISTENING STARTING_UP (NOT_READY )?READY$/);
    expect(await gate.classes()).not.toContain("network-block");
  });
});
