import { describe, expect, test, vi } from "vitest";
import { watchAcceptQueues } from "./accept-queue.ts";
import { podOfTest, startGate, type TargetView } from "./gate-in-pod.ts";
import { readyzBecomes, serverOfTest, skipWithoutMlserver, verdictBecomes } from "./mlserver-in-pod.ts";

skipWithoutMlserver();

/** The timeline's points in the order in which a start goes through them, as milliseconds of the wall clock. */
function pointsOf({ timeline }: TargetView): number[] {
  const { firstProbeAt, listeningAt, connectedAt, answeredAt, readyAt } = timeline;
  return [firstProbeAt, listeningAt, connectedAt, answeredAt, readyAt].map((at) => Date.parse(at ?? ""));
}

function addressesOf({ bind }: TargetView): string[] {
  return bind.map(({ address, port }) => `${address} ${port}`);
}

describe("a gate without settings, started before MLServer in a Seldon pod", () => {
  test("opens at the first answer of a server that loads no model, and has recorded the start", async () => {
    const pod = await podOfTest();
    const gate = await startGate(pod);
    await verdictBecomes(gate, "http", "NOT_LISTENING");
    await verdictBecomes(gate, "grpc", "NOT_LISTENING");
    expect(await gate.readyz()).toBe(503);
    expect(await gate.status()).toMatchObject({ ready: false, phase: "starting", verdict: { class: "slow-startup" } });

    const startedAtMs = Date.now();
    const server = await serverOfTest({ pod, loadModelsAtStartup: false, parallelWorkers: 1 });
    const firstAnswer = vi.waitFor(() => pod.get(9000, "/v2/health/live"), { timeout: 30_000, interval: 20 });
    await firstAnswer;
    await readyzBecomes(gate, 200, 1_000);

    await verdictBecomes(gate, "http", "READY", 1_000);
    await verdictBecomes(gate, "grpc", "READY", 1_000);
    const [http, grpc] = [await gate.target("http"), await gate.target("grpc")];
    expect(addressesOf(http)).toEqual(["0.0.0.0 9000"]);
    expect(addressesOf(grpc)).toEqual([":: 9500"]);
    for (const target of [http, grpc]) {
      const points = pointsOf(target);
      expect(points).toEqual(points.toSorted((a, b) => a - b));
      expect(points[0]).toBeLessThanOrEqual(startedAtMs);
      expect(points[1]).toBeGreaterThan(startedAtMs);
      expect(points[4]).toBeLessThanOrEqual(Date.now());
    }
    expect(await gate.target("rclone")).toMatchObject({ required: false, ready: false });
    expect(await gate.status()).toMatchObject({ ready: true, phase: "ready" });
    expect((await gate.codes("http")).join(" ")).toMatch(/^NOT_LISTENING (STARTING_UP )?READY$/);
    expect((await gate.codes("grpc")).join(" ")).toMatch(/^NOT_LISTENING (STARTING_UP )?READY$/);
    expect(await gate.classes()).not.toContain("network-block");
    expect(await gate.phases()).toEqual(["ready"]);
    expect((await server.stop()).code).toBe(0);
  });

  test("tells an event loop that is blocked for 10 s by an import from a block, and asks it little", async () => {
    const pod = await podOfTest();
    const gate = await startGate(pod);
    const models = [{ name: "heavy", importSeconds: 10, loadSeconds: 3 }];
    const queues = watchAcceptQueues(pod, [9000, 9500]);
    await serverOfTest({ pod, models });

    await verdictBecomes(gate, "grpc", "STARTING_UP");
    expect((await gate.target("http")).verdict.code).toBe("NOT_LISTENING");
    expect((await gate.status()).verdict.class).toBe("slow-startup");
    expect(await gate.readyz()).toBe(503);

    await readyzBecomes(gate, 200);
    const { longest } = await queues.end();
    expect(longest).toBeGreaterThanOrEqual(1);
    expect(longest).toBeLessThanOrEqual(4);
    // Live is what opens the gate here: the model still loads.
    await verdictBecomes(gate, "grpc", "READY");
    await verdictBecomes(gate, "http", "READY");
    expect(await gate.codes("grpc")).toEqual(["NOT_LISTENING", "STARTING_UP", "NOT_READY", "READY"]);
    expect((await gate.codes("http")).join(" ")).toMatch(/^NOT_LISTENING (STARTING_UP )?NOT_READY READY$/);
    expect(await gate.classes()).not.toContain("network-block");

    const [, listeningAt = 0, , answeredAt = 0, readyAt = 0] = pointsOf(await gate.target("grpc"));
    expect(answeredAt - listeningAt).toBeGreaterThan(9_000);
    expect(readyAt - answeredAt).toBeGreaterThan(2_000);
  });
});

describe("a gate that waits for readiness, beside an MLServer that loads models at its start", () => {
  test("stays closed while the server answers that it is not ready", async () => {
    const pod = await podOfTest();
    const gate = await startGate(pod, { args: ["--preset", "mlserver"] });
    const models = [{ name: "slow", loadSeconds: 4 }];
    await serverOfTest({ pod, httpPort: 8080, grpcPort: 8081, models });

    await verdictBecomes(gate, "http", "NOT_READY");
    expect(await gate.readyz()).toBe(503);
    expect((await pod.get(8080, "/v2/health/ready")).status).toBe(400);
    await readyzBecomes(gate, 200);
    expect((await pod.get(8080, "/v2/health/ready")).status).toBe(200);
    expect((await gate.codes("grpc")).join(" ")).toMatch(/^NOT_LISTENING (STARTING_UP )?NOT_READY READY$/);
    const [, , , answeredAt = 0, readyAt = 0] = pointsOf(await gate.target("http"));
    expect(readyAt - answeredAt).toBeGreaterThan(3_000);
  });

  test("is not fooled by a model whose load() says no: the server answers, and is never ready", async () => {
    const pod = await podOfTest();
    const gate = await startGate(pod, { env: { GATE_PRESET: "mlserver" } });
    const server = await serverOfTest({
      pod,
      httpPort: 8080,
      grpcPort: 8081,
      models: [{ name: "refusing", fail: "false" }],
    });
    await vi.waitFor(() => expect(server.log()).toMatch(/Loaded model 'refusing'/), { timeout: 30_000 });
    await verdictBecomes(gate, "http", "NOT_READY");
    await verdictBecomes(gate, "grpc", "NOT_READY");
    expect(await gate.readyz()).toBe(503);
    expect((await gate.status()).verdict.class).toBe("slow-startup");
  });

  test.each(["import", "raise"] as const)("follows a server that gives up since a model fails (%s)", async (fail) => {
    const pod = await podOfTest();
    const gate = await startGate(pod, { args: ["--preset=mlserver", "--interval=1s"] });
    const server = await serverOfTest({ pod, httpPort: 8080, grpcPort: 8081, models: [{ name: "broken", fail }] });
    await server.exited;
    await vi.waitFor(async () => expect(await gate.readyz()).toBe(503), { timeout: 15_000 });
    await vi.waitFor(
      async () => {
        for (const target of (await gate.status()).targets) {
          expect(target.bind).toEqual([]);
          expect(["NOT_LISTENING", "STOPPED_LISTENING"]).toContain(target.verdict.code);
        }
      },
      { timeout: 15_000 },
    );
    expect(await gate.classes()).not.toContain("network-block");
  });
});
