import { createServer as createHttpServer } from "node:http";
import { createServer as createHttp2Server, type ServerHttp2Stream } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { status } from "@grpc/grpc-js";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Answer } from "../../src/core/observation.ts";
import type { GrpcQuestion, TlsOptions } from "../../src/core/target.ts";
import { openGrpcProber } from "../../src/probes/grpc.ts";
import type { Prober } from "../../src/probes/prober.ts";
import { failWith, startGrpcServer } from "../support/grpc-servers.ts";
import {
  FRAME,
  grpcTarget,
  http2Frame,
  listenRaw,
  makeCertificate,
  type RawServer,
  relay,
  SETTINGS,
  startCannedServer,
  startHttp2Greeter,
  startRawServer,
  startRelay,
  writeEndlessly,
} from "../support/raw-servers.ts";

const address = "127.0.0.1";
const TLS: TlsOptions = { ca: null, servername: null, insecure: false };
const isReady = () => ({ ready: true });

function proberOf(port: number, question?: GrpcQuestion, tls?: TlsOptions): Prober {
  const prober = openGrpcProber(grpcTarget(port, question, tls), address);
  onTestFinished(() => prober.close());
  return prober;
}

function answerOf(port: number, question?: GrpcQuestion, tls?: TlsOptions): Promise<Answer> {
  return proberOf(port, question, tls).ask([]).answered;
}

function serveHttp2(onStream: (stream: ServerHttp2Stream) => void): Promise<RawServer> {
  const server = createHttp2Server();
  server.on("stream", (stream) => onStream(stream.on("error", () => undefined)));
  server.on("sessionError", () => undefined);
  return listenRaw(server);
}

const GRPC_HEADERS = { ":status": 200, "content-type": "application/grpc" };

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

describe("what is not gRPC", () => {
  it("may be a server of HTTP/1", async () => {
    const server = await listenRaw(createHttpServer((_request, response) => response.end()));
    const answer = await answerOf(server.port);
    expect(answer).toMatchObject({ kind: "wrong-protocol", code: "HTTP1", message: "HTTP/1.1 400 Bad Request" });
  });

  it("may be garbage", async () => {
    const server = await startCannedServer(Buffer.from([0xff, 0x00, 0x00, 0x7f, 0x80, 0xfe, 0x01, 0x90, 0x0a]));
    expect(await answerOf(server.port)).toMatchObject({ kind: "wrong-protocol", code: "GARBAGE", message: "" });
  });

  it("may be a server that speaks first", async () => {
    const server = await startRawServer((socket) => socket.resume().write("SSH-2.0-OpenSSH_9.6\r\n"));
    const answer = await answerOf(server.port);
    expect(answer).toMatchObject({ kind: "wrong-protocol", code: "GARBAGE", message: "SSH-2.0-OpenSSH_9.6" });
  });

  it("may be a web server of HTTP/2", async () => {
    const server = await serveHttp2((stream) => {
      stream.respond({ ":status": 200, "content-type": "text/html" });
      stream.end("<html>hello</html>");
    });
    expect(await answerOf(server.port)).toMatchObject({ kind: "wrong-protocol", code: "HTTP2_NOT_GRPC" });
  });

  it.each([
    [404, "no-such-endpoint", "GRPC_UNIMPLEMENTED"],
    [503, "error", "GRPC_UNAVAILABLE"],
  ])("may be a proxy that answers HTTP status %i", async (httpStatus, kind, code) => {
    const server = await serveHttp2((stream) => {
      stream.respond({ ":status": httpStatus, "content-type": "text/plain" });
      stream.end("no");
    });
    expect(await answerOf(server.port)).toMatchObject({ kind, code });
  });

  it("may be endless bytes, which are cut off", async () => {
    const before = process.memoryUsage.rss();
    const server = await startRawServer((socket) => {
      socket.resume();
      writeEndlessly(socket, Buffer.alloc(65_536, "z"));
    });
    expect(await answerOf(server.port)).toMatchObject({ kind: "wrong-protocol", code: "GARBAGE" });
    await vi.waitFor(() => expect(server.open()).toBe(0), { timeout: 3000 });
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024);
  });
});

describe("a connection that ends before the answer", () => {
  it("by FIN at once is closed", async () => {
    const server = await startCannedServer("");
    expect(await answerOf(server.port)).toMatchObject({ kind: "closed", code: "EOF" });
  });

  it("by reset at once is closed", async () => {
    const server = await startRawServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
    expect(await answerOf(server.port)).toMatchObject({ kind: "closed", code: "ECONNRESET" });
  });

  it.each([
    ["the connection's end", (socket: Socket) => socket.end()],
    ["a reset", (socket: Socket) => socket.resetAndDestroy()],
    ["GOAWAY", (socket: Socket) => socket.end(http2Frame(FRAME.goAway, 0, 0, Buffer.alloc(8)))],
    [
      "a refused stream",
      (socket: Socket) => socket.write(http2Frame(FRAME.rstStream, 0, 1, Buffer.from([0, 0, 0, 7]))),
    ],
    ["a reset stream", (socket: Socket) => socket.write(http2Frame(FRAME.rstStream, 0, 1, Buffer.from([0, 0, 0, 2])))],
    [
      "a cancelled stream",
      (socket: Socket) => socket.write(http2Frame(FRAME.rstStream, 0, 1, Buffer.from([0, 0, 0, 8]))),
    ],
  ])("by %s during the call is closed, and not the server's word", async (_how, act) => {
    const server = await startHttp2Greeter(act);
    const prober = proberOf(server.port);
    const answer = await prober.ask([]).answered;
    expect(answer).toMatchObject({ kind: "closed", code: expect.stringMatching(/^GRPC_/) });
    expect(prober.connectionsPerAsk()).toBe(2);
    await vi.waitFor(() => expect(server.open()).toBe(0), { timeout: 3000 });
  });

  it("after the headers is closed", async () => {
    const server = await serveHttp2((stream) => {
      stream.respond(GRPC_HEADERS);
      stream.close(2);
    });
    expect(await answerOf(server.port)).toMatchObject({ kind: "closed", code: "GRPC_INTERNAL" });
  });

  it("has a message that is the same at each attempt", async () => {
    const server = await startHttp2Greeter((socket) => socket.end());
    const prober = proberOf(server.port);
    const first = await prober.ask([]).answered;
    const second = await prober.ask([]).answered;
    expect(second.message).toBe(first.message);
  });

  it("is answered over a new connection once the server is back", async () => {
    const first = await startGrpcServer({ inference: { ServerReady: isReady } });
    const prober = proberOf(first.port);
    expect((await prober.ask([]).answered).kind).toBe("ready");
    first.server.forceShutdown();
    await vi.waitFor(() => expect(prober.connectionsPerAsk()).toBe(2));
    const refused = prober.ask([]);
    expect((await refused.connected).outcome).toBe("refused");
    refused.close();
    await startGrpcServer({ inference: { ServerReady: isReady }, address: `127.0.0.1:${first.port}` });
    expect((await prober.ask([]).answered).kind).toBe("ready");
  });
});

describe("hostile HTTP/2", () => {
  it("with a message that is too large is an error", async () => {
    const server = await serveHttp2((stream) => {
      stream.respond(GRPC_HEADERS);
      const prefix = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]);
      stream.write(prefix);
      stream.write(Buffer.alloc(1_000_000));
    });
    expect(await answerOf(server.port)).toMatchObject({ kind: "error", code: "GRPC_RESOURCE_EXHAUSTED" });
  });

  it("with status OK and no message is an error, and not a missing method", async () => {
    const server = await serveHttp2((stream) => {
      stream.respond(GRPC_HEADERS, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end();
    });
    expect(await answerOf(server.port, { ask: "ServerReady" })).toMatchObject({ kind: "error", code: "GRPC_INTERNAL" });
  });

  it("with a message that is no protobuf is an error", async () => {
    const server = await serveHttp2((stream) => {
      stream.respond(GRPC_HEADERS, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(Buffer.from([0, 0, 0, 0, 3, 0xff, 0xff, 0xff]));
    });
    expect(await answerOf(server.port)).toMatchObject({ kind: "error", code: "GRPC_INTERNAL" });
  });

  it.each([
    ["endless SETTINGS", SETTINGS],
    ["endless PING", http2Frame(FRAME.ping, 0, 0, Buffer.alloc(8))],
    ["bytes that are no frame", Buffer.alloc(64, 0xff)],
    ["endless headers", http2Frame(FRAME.headers, 0, 1, Buffer.alloc(16_000, 0x40))],
  ])("with %s costs bounded memory and ends with the question", async (_what, frame) => {
    const before = process.memoryUsage.rss();
    const server = await startHttp2Greeter((socket) => writeEndlessly(socket, frame));
    const inquiry = proberOf(server.port).ask([]);
    await inquiry.connected;
    const outcome = inquiry.answered.then(({ kind }) => kind);
    await vi.waitFor(() => expect(server.accepted()).toBeGreaterThanOrEqual(2));
    await Promise.race([outcome, new Promise((resolve) => setTimeout(resolve, 500))]);
    inquiry.close();
    expect(process.memoryUsage.rss() - before).toBeLessThan(96 * 1024 * 1024);
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

describe("TLS", () => {
  const tlsOf = (ca: string): TlsOptions => ({ ...TLS, ca, servername: "localhost" });

  it("is spoken to a grpcs target whose authority is known", async () => {
    const certificate = await makeCertificate();
    const { port } = await startGrpcServer({ inference: { ServerReady: isReady }, certificate });
    expect(await answerOf(port, undefined, tlsOf(certificate.path))).toMatchObject({ kind: "ready" });
    expect(await answerOf(port, undefined, { ...TLS, ca: certificate.path })).toMatchObject({ kind: "ready" });
    expect(await answerOf(port, undefined, { ...TLS, insecure: true })).toMatchObject({ kind: "ready" });
  });

  it.each([
    ["an unknown authority", {}, "DEPTH_ZERO_SELF_SIGNED_CERT"],
    ["a file that does not exist", { ca: "/nonexistent/ca.pem" }, "ENOENT"],
    ["another name", { servername: "other.example" }, "ERR_TLS_CERT_ALTNAME_INVALID"],
  ])("with %s does not verify", async (_what, options, code) => {
    const certificate = await makeCertificate();
    const { port } = await startGrpcServer({ inference: { ServerReady: isReady }, certificate });
    const ca = "servername" in options ? certificate.path : null;
    expect(await answerOf(port, undefined, { ...TLS, ca, ...options })).toMatchObject({ kind: "tls", code });
  });

  it("expected by the server alone is told", async () => {
    const certificate = await makeCertificate();
    const { port } = await startGrpcServer({ inference: { ServerReady: isReady }, certificate });
    expect(await answerOf(port)).toMatchObject({ kind: "tls", code: "TLS_EXPECTED" });
  });

  it("expected by the gate alone is told", async () => {
    const { port } = await startGrpcServer({ inference: { ServerReady: isReady } });
    expect(await answerOf(port, undefined, TLS)).toMatchObject({ kind: "tls" });
  });

  it("without HTTP/2 behind it is the wrong protocol", async () => {
    const { cert, key, path } = await makeCertificate();
    const server = await listenRaw(createHttpsServer({ cert, key }, (_request, response) => response.end()));
    expect(await answerOf(server.port, undefined, tlsOf(path))).toMatchObject({ kind: "wrong-protocol" });
  });

  it("that wants a client's certificate is told", async () => {
    const { cert, key, path } = await makeCertificate();
    const options = { cert, key, requestCert: true, rejectUnauthorized: true, ALPNProtocols: ["h2"] };
    const server = await listenRaw(createTlsServer(options, (socket) => socket.end()));
    const answer = await answerOf(server.port, undefined, tlsOf(path));
    expect(answer).toMatchObject({ kind: "tls", code: expect.stringContaining("CERTIFICATE_REQUIRED") });
  });

  it("that is silent in the handshake is silence, and is left on renewal", async () => {
    const server = await startRawServer((socket) => socket.resume());
    const prober = proberOf(server.port, undefined, TLS);
    const inquiry = prober.ask([]);
    await vi.waitFor(() => expect(server.accepted()).toBe(2));
    expect(inquiry.silence()).toMatchObject({ kind: "silence", code: "DEADLINE" });
    inquiry.close();
    prober.renew();
    await vi.waitFor(() => expect(server.open()).toBe(0), { timeout: 3000 });
  });
});
