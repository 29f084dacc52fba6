import type { Socket } from "node:net";
import { status } from "@grpc/grpc-js";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { openGrpcProber } from "../../src/probes/grpc.ts";
import { answerOf, GRPC_HEADERS, isReady, proberOf, serveHttp2 } from "../support/grpc-prober.ts";
import { failWith, startGrpcServer } from "../support/grpc-servers.ts";
import { grpcTarget, relay, startRawServer, startRelay } from "../support/raw-servers.ts";

describe("ServerReady", () => {
  it("true is ready", async () => {
    const { port } = await startGrpcServer({ inference: { ServerReady: isReady } });
    expect(await answerOf(port)).toEqual({
      kind: "ready",
      code: "GRPC_OK",
      asked: "inference.GRPCInferenceService/ServerReady",
      message: "",
      ms: expect.any(Number),
      modelsPending: [],
    });
  });

  it.each([{}, { ready: false }])("%j is not ready", async (reply) => {
    const { port } = await startGrpcServer({ inference: { ServerReady: () => reply } });
    expect(await answerOf(port)).toMatchObject({ kind: "not-ready", code: "GRPC_OK" });
  });

  it("is asked over IPv6 too", async () => {
    const { port } = await startGrpcServer({ inference: { ServerReady: isReady }, address: "[::1]:0" });
    const prober = openGrpcProber({ ...grpcTarget(port), host: "::1" }, "::1");
    onTestFinished(() => prober.close());
    expect((await prober.ask([]).answered).kind).toBe("ready");
  });

  it("is asked of no proxy", async () => {
    vi.stubEnv("http_proxy", "http://127.0.0.1:1");
    vi.stubEnv("grpc_proxy", "http://127.0.0.1:1");
    onTestFinished(() => void vi.unstubAllEnvs());
    const { port } = await startGrpcServer({ inference: { ServerReady: isReady } });
    expect((await answerOf(port)).kind).toBe("ready");
  });

  it.each([
    [status.INTERNAL, "error", "GRPC_INTERNAL"],
    [status.UNKNOWN, "error", "GRPC_UNKNOWN"],
    [status.UNAVAILABLE, "error", "GRPC_UNAVAILABLE"],
    [status.DEADLINE_EXCEEDED, "error", "GRPC_DEADLINE_EXCEEDED"],
    [status.CANCELLED, "error", "GRPC_CANCELLED"],
    [status.UNAUTHENTICATED, "error", "GRPC_UNAUTHENTICATED"],
    [status.UNIMPLEMENTED, "no-such-endpoint", "GRPC_UNIMPLEMENTED"],
  ])("answered by the server's own status %i is %s", async (code, kind, name) => {
    const { port } = await startGrpcServer({ inference: { ServerReady: failWith(code, "Deadline Exceeded: 3 of 4") } });
    const answer = await answerOf(port, { ask: "ServerReady" });
    expect(answer).toMatchObject({ kind, code: name, message: "Deadline Exceeded: 3 of 4" });
  });

  it("answered by a status after headers is the server's own word too", async () => {
    const server = await serveHttp2((stream) => {
      stream.respond(GRPC_HEADERS, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "14", "grpc-message": "draining" }));
      stream.end();
    });
    expect(await answerOf(server.port)).toMatchObject({ kind: "error", code: "GRPC_UNAVAILABLE", message: "draining" });
  });

  it("keeps its connection while it is answered, beside a bare one for each question", async () => {
    const { port } = await startGrpcServer({ inference: { ServerReady: isReady } });
    const relay = await startRelay(port);
    const prober = proberOf(relay.port);
    expect(prober.connectionsPerAsk()).toBe(2);
    for (const _ of [1, 2, 3]) {
      expect((await prober.ask([]).answered).kind).toBe("ready");
      expect(prober.connectionsPerAsk()).toBe(1);
    }
    expect(relay.accepted()).toBe(4);
    prober.renew();
    expect(prober.connectionsPerAsk()).toBe(2);
    await prober.ask([]).answered;
    expect(relay.accepted()).toBe(6);
    prober.close();
    await vi.waitFor(() => expect(relay.open()).toBe(0), { timeout: 3000 });
  });
});

describe("the health service", () => {
  const health = (reply: object) => ({ health: { Check: () => reply } });

  it.each([
    ["SERVING", "ready", "SERVING"],
    ["NOT_SERVING", "not-ready", "NOT_SERVING"],
    ["SERVICE_UNKNOWN", "no-such-endpoint", "SERVICE_UNKNOWN"],
    ["UNKNOWN", "not-ready", "UNKNOWN"],
    [7, "not-ready", "UNKNOWN"],
  ])("with state %s is %s", async (state, kind, code) => {
    const { port } = await startGrpcServer(health({ status: state }));
    const answer = await answerOf(port, { ask: "Health", service: "x" });
    expect(answer).toMatchObject({ kind, code, asked: "grpc.health.v1.Health/Check x" });
  });

  it("without the service asked for is no such endpoint", async () => {
    const { port } = await startGrpcServer(health({ code: status.NOT_FOUND, details: "unknown service" }));
    const answer = await answerOf(port, { ask: "Health", service: "x" });
    expect(answer).toMatchObject({ kind: "no-such-endpoint", code: "GRPC_NOT_FOUND", message: "unknown service" });
  });

  it("is asked when ServerReady is not implemented, and is then remembered", async () => {
    const { port, calls } = await startGrpcServer({
      inference: { ServerReady: failWith(status.UNIMPLEMENTED) },
      ...health({ status: "SERVING" }),
    });
    const prober = proberOf(port);
    for (const _ of [1, 2]) {
      const answer = await prober.ask([]).answered;
      expect(answer).toMatchObject({ kind: "ready", code: "SERVING", asked: "grpc.health.v1.Health/Check" });
    }
    expect(calls).toEqual(["ServerReady", "Check", "Check"]);
  });

  it("gives way to ServerReady when it is no longer implemented", async () => {
    const phase: { isMoved: boolean } = { isMoved: false };
    const { port, calls } = await startGrpcServer({
      inference: { ServerReady: () => (phase.isMoved ? { ready: true } : { code: status.UNIMPLEMENTED, details: "" }) },
      health: { Check: () => (phase.isMoved ? { code: status.UNIMPLEMENTED, details: "" } : { status: "SERVING" }) },
    });
    const prober = proberOf(port);
    await prober.ask([]).answered;
    phase.isMoved = true;
    expect(await prober.ask([]).answered).toMatchObject({ kind: "ready", code: "GRPC_OK" });
    await prober.ask([]).answered;
    expect(calls).toEqual(["ServerReady", "Check", "Check", "ServerReady", "ServerReady"]);
  });

  it("and ServerReady both missing is no such endpoint", async () => {
    const { port } = await startGrpcServer({});
    expect(await answerOf(port)).toMatchObject({ kind: "no-such-endpoint", code: "GRPC_UNIMPLEMENTED" });
  });
});

describe("ServerLive", () => {
  it.each([
    [true, "ready"],
    [false, "not-ready"],
  ])("%s is %s", async (live, kind) => {
    const { port, calls } = await startGrpcServer({ inference: { ServerLive: () => ({ live }) } });
    expect(await answerOf(port, { ask: "ServerLive" })).toMatchObject({ kind, code: "GRPC_OK" });
    expect(calls).toEqual(["ServerLive"]);
  });
});

describe("models", () => {
  it("that are false or fail are pending", async () => {
    const { port } = await startGrpcServer({
      inference: {
        ServerReady: isReady,
        ModelReady: ({ name }) =>
          name === "absent" ? { code: status.UNKNOWN, details: "?" } : { ready: name === "iris" },
      },
    });
    const answer = await proberOf(port).ask(["iris", "loading", "absent"]).answered;
    expect(answer).toMatchObject({ kind: "ready", asked: "inference.GRPCInferenceService/ServerReady" });
    expect(answer.modelsPending).toEqual(["loading", "absent"]);
  });

  it("are not asked for while the server is not ready, and none counts as ready", async () => {
    const { port, calls } = await startGrpcServer({ inference: { ServerReady: () => ({}), ModelReady: isReady } });
    expect((await proberOf(port).ask(["iris"]).answered).modelsPending).toEqual(["iris"]);
    expect(calls).toEqual(["ServerReady"]);
  });

  it("stay pending where only the health service is served", async () => {
    const { port } = await startGrpcServer({ health: { Check: () => ({ status: "SERVING" }) } });
    const answer = await proberOf(port).ask(["iris"]).answered;
    expect(answer).toMatchObject({ kind: "ready", code: "SERVING", modelsPending: ["iris"] });
  });
});

describe("a silent server", () => {
  it("that never greets leaves the question out, with one connection however often it is asked", async () => {
    const server = await startRawServer((socket) => socket.resume());
    const prober = proberOf(server.port);
    for (const _ of [1, 2, 3]) {
      const inquiry = prober.ask([]);
      await inquiry.connected;
      await vi.waitFor(() => expect(server.accepted()).toBeGreaterThanOrEqual(2));
      expect(inquiry.silence()).toMatchObject({ kind: "silence", code: "DEADLINE" });
      inquiry.close();
      expect(prober.connectionsPerAsk()).toBe(1);
    }
    await vi.waitFor(() => expect(server.open()).toBe(1));
    expect(server.accepted()).toBe(4);
    prober.renew();
    await vi.waitFor(() => expect(server.open()).toBe(0), { timeout: 3000 });
  });

  it("that greets late answers the question that was out", async () => {
    const { port } = await startGrpcServer({ inference: { ServerReady: isReady } });
    const held: Socket[] = [];
    const server = await startRawServer((socket) => held.push(socket));
    const inquiry = proberOf(server.port).ask([]);
    await vi.waitFor(() => expect(held).toHaveLength(2));
    expect(inquiry.silence().code).toBe("DEADLINE");
    for (const socket of held) {
      relay(socket, port);
    }
    expect((await inquiry.answered).kind).toBe("ready");
  });

  it("that has greeted is told apart", async () => {
    const { port, calls } = await startGrpcServer({ inference: { ServerReady: () => null } });
    const prober = proberOf(port);
    const inquiry = prober.ask([]);
    await vi.waitFor(() => expect(calls).toHaveLength(1));
    expect(inquiry.silence()).toMatchObject({
      kind: "silence",
      code: "SETTINGS_ONLY",
      asked: "inference.GRPCInferenceService/ServerReady",
    });
    const answered = vi.fn();
    inquiry.answered.then(answered);
    inquiry.close();
    prober.renew();
    await new Promise(setImmediate);
    expect(answered).not.toHaveBeenCalled();
  });

  it("leaves no connection behind over many renewals", async () => {
    const server = await startRawServer((socket) => socket.resume());
    const prober = proberOf(server.port);
    for (let round = 1; round <= 10; round += 1) {
      const inquiry = prober.ask([]);
      await vi.waitFor(() => expect(server.accepted()).toBe(2 * round));
      inquiry.close();
      prober.renew();
    }
    await vi.waitFor(() => expect(server.open()).toBe(0), { timeout: 3000 });
  });
});
