import { status } from "@grpc/grpc-js";
import { describe, expect, it, vi } from "vitest";
import type { GrpcFault } from "../../src/stand-in/plan.ts";
import {
  ask,
  CHECK,
  call,
  callOn,
  clientOf,
  FALSE,
  field1,
  grpcPort,
  H2_PREFACE,
  open,
  READY,
  start,
  statusOf,
  TRUE,
} from "../support/stand-in-of-test.ts";

describe("the gRPC side", () => {
  it("answers as MLServer does, which has no health service", async () => {
    const port = grpcPort(await start({ models: { iris: true, big: false } }));
    expect(await call(port, "inference.GRPCInferenceService/ServerLive")).toEqual(TRUE);
    expect(await call(port, READY)).toEqual(TRUE);
    expect(await call(port, "inference.GRPCInferenceService/ModelReady", field1("iris"))).toEqual(TRUE);
    expect(await call(port, "inference.GRPCInferenceService/ModelReady", field1("big"))).toEqual(FALSE);
    expect(await statusOf(call(port, "inference.GRPCInferenceService/ModelReady", field1("nobody")))).toMatchObject({
      code: status.UNKNOWN,
      details: "Unexpected <class 'mlserver.errors.ModelNotFound'>: Model nobody not found",
    });
    expect((await statusOf(call(port, CHECK))).code).toBe(status.UNIMPLEMENTED);
    expect((await statusOf(call(port, "inference.GRPCInferenceService/Nonsense"))).code).toBe(status.UNIMPLEMENTED);
  });

  it("serves the health service where the plan says so", async () => {
    const standIn = await start({ hasHealthService: true, readyAfterMs: null });
    const port = grpcPort(standIn);
    expect(await call(port, CHECK)).toEqual(Buffer.from([0x08, 2]));
    standIn.advance();
    expect(await call(port, CHECK)).toEqual(Buffer.from([0x08, 1]));
    expect((await statusOf(call(port, CHECK, field1("nobody")))).code).toBe(status.NOT_FOUND);
    expect((await statusOf(call(port, CHECK, Buffer.from([0x0a, 0x50])))).code).toBe(status.INTERNAL);
  });

  it.each<[GrpcFault, number, Buffer | number]>([
    ["unimplemented", status.UNIMPLEMENTED, status.UNIMPLEMENTED],
    ["internal", status.INTERNAL, status.INTERNAL],
    ["unknown-only-health", status.UNIMPLEMENTED, Buffer.from([0x08, 1])],
    ["not-serving", status.UNIMPLEMENTED, Buffer.from([0x08, 2])],
  ])("under %s answers ServerReady with status %i and Check with %o", async (fault, readyCode, check) => {
    const standIn = await start({ grpcFault: fault });
    const client = clientOf(grpcPort(standIn));
    expect((await statusOf(callOn(client, READY))).code).toBe(readyCode);
    const checked = callOn(client, CHECK);
    if (typeof check === "number") {
      expect((await statusOf(checked)).code).toBe(check);
    } else {
      expect(await checked).toEqual(check);
    }
    standIn.setGrpcFault(null);
    expect(await callOn(client, READY)).toEqual(TRUE);
  });

  it("under silent answers the waiting call when the fault is lifted", async () => {
    const standIn = await start({ grpcFault: "silent" });
    const answer = call(grpcPort(standIn), READY);
    await vi.waitUntil(() => standIn.connectionsSeen().grpc === 1);
    expect(standIn.questionsSeen().grpc).toBe(0);
    standIn.setGrpcFault(null);
    expect(await answer).toEqual(TRUE);
    expect(standIn.connectionsSeen().grpc).toBe(1);
  });

  it("holds a call on a channel that was open before the silence", async () => {
    const standIn = await start();
    const client = clientOf(grpcPort(standIn));
    expect(await callOn(client, READY)).toEqual(TRUE);
    standIn.setGrpcFault("silent");
    const held = callOn(client, READY);
    await vi.waitUntil(() => standIn.questionsSeen().grpc === 2);
    standIn.setGrpcFault("internal");
    expect((await statusOf(held)).code).toBe(status.INTERNAL);
  });

  it("under settings-only completes the handshake and answers no call until the fault is lifted", async () => {
    const standIn = await start({ grpcFault: "settings-only" });
    const client = clientOf(grpcPort(standIn));
    await new Promise<void>((resolve, reject) => {
      client.waitForReady(Date.now() + 5000, (error) => (error ? reject(error) : resolve()));
    });
    const answer = callOn(client, READY);
    await vi.waitUntil(() => standIn.questionsSeen().grpc === 1);
    standIn.setGrpcFault(null);
    expect(await answer).toEqual(TRUE);
  });

  it("forgets a held call whose client has given up", async () => {
    const standIn = await start({ grpcFault: "settings-only" });
    expect((await statusOf(callOn(clientOf(grpcPort(standIn)), READY, FALSE, Date.now() + 100))).code).toBe(
      status.DEADLINE_EXCEEDED,
    );
    standIn.setGrpcFault(null);
    expect(await call(grpcPort(standIn), READY)).toEqual(TRUE);
  });

  it("under http1 speaks HTTP and refuses an HTTP/2 preface with a 400", async () => {
    const standIn = await start({ grpcFault: "http1" });
    expect((await ask(grpcPort(standIn))).status).toBe(200);
    const h2 = await open(grpcPort(standIn), H2_PREFACE);
    await h2.end;
    expect(h2.received().toString()).toMatch(/^HTTP\/1\.1 400 /);
    const failed = await statusOf(call(grpcPort(standIn), READY));
    expect(failed).toMatchObject({ code: status.UNAVAILABLE, details: expect.stringContaining("Protocol error") });
  });
});
