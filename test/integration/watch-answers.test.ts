import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { VerdictCode } from "../../src/core/verdict-table.ts";
import type { GrpcFault, HttpFault, StandInPlanInput } from "../../src/stand-in/plan.ts";
import { type StandIn, startStandIn } from "../../src/stand-in/stand-in.ts";
import { startWatchedGate, type WatchedGate } from "../support/watched-gate.ts";

async function standInOfTest(plan: StandInPlanInput): Promise<StandIn> {
  const standIn = await startStandIn(plan);
  onTestFinished(() => standIn.close());
  return standIn;
}

async function gateBefore(standIn: StandIn): Promise<WatchedGate> {
  const { http, grpc } = standIn.ports();
  const http_ = http === null ? [] : [`http=http://127.0.0.1:${http}/v2/health/ready`];
  const grpc_ = grpc === null ? [] : [`grpc=grpc://127.0.0.1:${grpc}`];
  return await startWatchedGate({ targets: [...http_, ...grpc_], probeTimeout: "300ms", interval: "100ms" });
}

/** Waits until the gate has looked a few times, and tells all the verdicts that it came to. */
async function verdictsOf(gate: WatchedGate, name: string): Promise<string[]> {
  await vi.waitFor(() => expect(gate.target(name).memory.attempts).toBeGreaterThanOrEqual(4), { timeout: 5000 });
  return gate.codes(name);
}

const HTTP_ANSWERS: readonly (readonly [HttpFault | null, VerdictCode])[] = [
  [null, "READY"],
  ["status-400", "NOT_READY"],
  ["status-503", "NOT_READY"],
  ["status-404", "NO_SUCH_ENDPOINT"],
  ["status-500", "ERRORING"],
  ["silent", "STARTING_UP"],
  ["reset", "RESET"],
  ["close", "RESET"],
  ["garbage", "WRONG_PROTOCOL"],
  ["endless-headers", "ERRORING"],
  ["endless-body", "READY"],
  ["http2", "WRONG_PROTOCOL"],
];

describe("the verdict on an HTTP port that answers", () => {
  it.each(HTTP_ANSWERS)("with %s is %s", async (httpFault, verdict) => {
    const gate = await gateBefore(await standInOfTest({ httpFault, grpcPort: null }));
    expect(await verdictsOf(gate, "http")).toEqual([verdict]);
    expect(gate.state().isOpen).toBe(verdict === "READY");
  });

  it("keeps the gate closed while it is an error, although the gRPC port is ready", async () => {
    const standIn = await standInOfTest({ httpFault: "status-500", grpcFault: null });
    const gate = await gateBefore(standIn);
    expect(await verdictsOf(gate, "http")).toEqual(["ERRORING"]);
    expect(gate.target("grpc").isReady).toBe(true);
    expect(gate.state().isOpen).toBe(false);
    standIn.setHttpFault(null);
    await vi.waitFor(() => expect(gate.state().isOpen).toBe(true));
  });
});

const GRPC_ANSWERS: readonly (readonly [GrpcFault | null, VerdictCode])[] = [
  [null, "READY"],
  ["unimplemented", "NO_SUCH_ENDPOINT"],
  ["internal", "ERRORING"],
  ["unknown-only-health", "READY"],
  ["not-serving", "NOT_READY"],
  ["silent", "STARTING_UP"],
  ["settings-only", "STARTING_UP"],
  ["reset", "RESET"],
  ["close", "RESET"],
  ["garbage", "WRONG_PROTOCOL"],
  ["http1", "WRONG_PROTOCOL"],
];

describe("the verdict on a gRPC port that answers", () => {
  it.each(GRPC_ANSWERS)("with %s is %s", async (grpcFault, verdict) => {
    const gate = await gateBefore(await standInOfTest({ grpcFault, httpPort: null }));
    expect(await verdictsOf(gate, "grpc")).toEqual([verdict]);
    expect(gate.state().isOpen).toBe(verdict === "READY");
  });

  it("ready=false is NOT_READY", async () => {
    const gate = await gateBefore(await standInOfTest({ readyAfterMs: null, httpPort: null }));
    expect(await verdictsOf(gate, "grpc")).toEqual(["NOT_READY"]);
  });
});
