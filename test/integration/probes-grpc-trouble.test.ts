import { createServer as createHttpServer } from "node:http";
import net, { Socket } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { TlsOptions } from "../../src/core/target.ts";
import { answerOf, GRPC_HEADERS, isReady, proberOf, serveHttp2, TLS } from "../support/grpc-prober.ts";
import { startGrpcServer } from "../support/grpc-servers.ts";
import {
  FRAME,
  http2Frame,
  listenRaw,
  SETTINGS,
  startCannedServer,
  startHttp2Greeter,
  startRawServer,
  writeEndlessly,
} from "../support/raw-servers.ts";

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

  it("is closed where the server cannot be reached any more to see why", async () => {
    const server = await startRawServer((socket, count) => {
      // The first is the bare connection, the second the channel's.
      if (count === 1) return;
      void server.close();
      socket.resetAndDestroy();
    });
    expect(await answerOf(server.port)).toMatchObject({ kind: "closed", code: "GRPC_UNAVAILABLE" });
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

/** Lets each connect of grpc-js fail in the words of Node.js; ours, and those of servers, go by another binding. */
function failChannelConnects(errno: string): { restore: () => void } {
  const spy = vi.spyOn(net, "connect").mockImplementation(() => {
    const error = new Error(`connect ${errno} 127.0.0.1:9500 - Local (0.0.0.0:0)`);
    return new Socket().destroy(Object.assign(error, { code: errno, syscall: "connect" }));
  });
  const restore = () => spy.mockRestore();
  onTestFinished(restore);
  return { restore };
}

/** The failure of the channel's connect to a server that is ready, and what the question came to if it came to more. */
async function laterFailureOf(port: number, tls?: TlsOptions) {
  const inquiry = proberOf(port, undefined, tls).ask([]);
  expect((await inquiry.connected).outcome).toBe("ok");
  return await Promise.race([inquiry.failedLater, inquiry.answered]);
}

describe("a connect of the channel that fails after the bare one", () => {
  it.each([
    ["EADDRNOTAVAIL", "unavailable"],
    ["EMFILE", "unavailable"],
    ["ETIMEDOUT", "timeout"],
    ["EHOSTUNREACH", "unreachable"],
    ["EPERM", "denied"],
  ])("is a failed connect and no answer: %s", async (errno, outcome) => {
    const server = await startGrpcServer({ inference: { ServerReady: isReady } });
    failChannelConnects(errno);
    const failure = await laterFailureOf(server.port);
    expect(failure).toEqual({ outcome, errno, refusedBy: null, ms: expect.any(Number) });
  });

  it("is refused by whom nobody knows yet", async () => {
    const server = await startGrpcServer({ inference: { ServerReady: isReady } });
    failChannelConnects("ECONNREFUSED");
    expect(await laterFailureOf(server.port)).toMatchObject({ outcome: "refused", refusedBy: "unknown" });
  });

  it("is a connection that was closed where it was reset: somebody has seen it", async () => {
    const server = await startGrpcServer({ inference: { ServerReady: isReady } });
    failChannelConnects("ECONNRESET");
    expect(await laterFailureOf(server.port)).toMatchObject({ kind: "closed", code: "GRPC_UNAVAILABLE" });
  });

  it("is the same over TLS", async () => {
    const server = await startGrpcServer({ inference: { ServerReady: isReady } });
    failChannelConnects("EADDRNOTAVAIL");
    expect(await laterFailureOf(server.port, TLS)).toMatchObject({ outcome: "unavailable", errno: "EADDRNOTAVAIL" });
  });

  it("is followed by a call over a new channel", async () => {
    const server = await startGrpcServer({ inference: { ServerReady: isReady } });
    const prober = proberOf(server.port);
    const { restore } = failChannelConnects("EADDRNOTAVAIL");
    await prober.ask([]).failedLater;
    expect(prober.connectionsPerAsk()).toBe(2);
    restore();
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
