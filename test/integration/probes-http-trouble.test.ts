import { createServer as createHttp2Server } from "node:http2";
import { Server as GrpcServer, ServerCredentials } from "@grpc/grpc-js";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { address, answerOf } from "../support/http-prober.ts";
import { listenRaw, SETTINGS, startCannedServer, startRawServer, writeEndlessly } from "../support/raw-servers.ts";

describe("hostile HTTP", () => {
  it("with endless headers is an error after 64 KiB", async () => {
    let written = 0;
    const server = await startRawServer((socket) => {
      socket.on("close", () => {
        written = socket.bytesWritten;
      });
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\n");
        writeEndlessly(socket, `x: ${"y".repeat(1000)}\r\n`);
      });
    });
    expect(await answerOf(server.port)).toMatchObject({ kind: "error", code: "HEADERS_TOO_LARGE" });
    await vi.waitFor(() => expect(server.open()).toBe(0), { timeout: 3000 });
    expect(written).toBeLessThan(16 * 1024 * 1024);
  });

  it("with an endless status line is an error after 64 KiB", async () => {
    const server = await startRawServer((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 ");
        writeEndlessly(socket, "y".repeat(1000));
      });
    });
    expect(await answerOf(server.port)).toMatchObject({ kind: "error", code: "HEADERS_TOO_LARGE" });
  });

  it.each([
    ["200 OK", "ready"],
    ["503 Service Unavailable", "not-ready"],
  ])("with an endless body counts as its status, %s", async (status, kind) => {
    const before = process.memoryUsage.rss();
    const server = await startRawServer((socket) => {
      socket.once("data", () => {
        socket.write(`HTTP/1.1 ${status}\r\ncontent-type: text/plain\r\n\r\n`);
        writeEndlessly(socket, `${"z".repeat(65_535)}\n`);
      });
    });
    const answer = await answerOf(server.port);
    expect(answer.kind).toBe(kind);
    expect(answer.message.length).toBeLessThanOrEqual(200);
    await vi.waitFor(() => expect(server.open()).toBe(0), { timeout: 3000 });
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024);
  });

  it("with a body that never ends counts as its status soon", async () => {
    const server = await startRawServer((socket) => {
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"));
    });
    const answer = await answerOf(server.port);
    expect(answer.kind).toBe("ready");
    expect(answer.ms).toBeGreaterThan(200);
    expect(answer.ms).toBeLessThan(2000);
    await vi.waitFor(() => expect(server.open()).toBe(0), { timeout: 3000 });
  });
});

describe("what is not HTTP/1", () => {
  it("is garbage", async () => {
    const server = await startCannedServer(Buffer.from([0xff, 0x00, 0x00, 0x7f, 0x80, 0xfe, 0x01, 0x90, 0x0a]));
    expect(await answerOf(server.port)).toMatchObject({
      kind: "wrong-protocol",
      code: "HPE_INVALID_CONSTANT",
      message: "",
    });
  });

  it("is quoted where people can read it", async () => {
    const server = await startCannedServer("SSH-2.0-OpenSSH_9.6\r\n");
    expect(await answerOf(server.port)).toMatchObject({ kind: "wrong-protocol", message: "SSH-2.0-OpenSSH_9.6" });
  });

  it("may be HTTP/2", async () => {
    const server = await startCannedServer(Buffer.concat([SETTINGS, Buffer.alloc(20)]));
    expect(await answerOf(server.port)).toMatchObject({
      kind: "wrong-protocol",
      code: "HTTP2",
      message: "speaks HTTP/2",
    });
  });

  it("may be a gRPC server", async () => {
    const server = new GrpcServer();
    onTestFinished(() => server.forceShutdown());
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync(`${address}:0`, ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
    expect(await answerOf(port)).toMatchObject({ kind: "wrong-protocol", code: "HTTP2" });
  });

  it("may be an HTTP/2 server of Node.js", async () => {
    const server = await listenRaw(createHttp2Server());
    expect(await answerOf(server.port)).toMatchObject({ kind: "wrong-protocol", code: "HTTP2" });
  });

  it("may be a TLS alert", async () => {
    const server = await startCannedServer(Buffer.from([0x15, 0x03, 0x01, 0, 2, 2, 80]));
    expect(await answerOf(server.port)).toMatchObject({ kind: "tls", code: "TLS_EXPECTED" });
  });
});

describe("a connection that ends before the reply", () => {
  it("by FIN is told as EOF", async () => {
    const server = await startCannedServer("");
    expect(await answerOf(server.port)).toMatchObject({ kind: "closed", code: "EOF" });
  });

  it("by FIN in the headers is told as EOF", async () => {
    const server = await startCannedServer("HTTP/1.1 200 OK\r\nx: y");
    expect(await answerOf(server.port)).toMatchObject({ kind: "closed", code: "EOF" });
  });

  it("by reset is told as ECONNRESET", async () => {
    const server = await startRawServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
    expect(await answerOf(server.port)).toMatchObject({ kind: "closed", code: "ECONNRESET" });
  });
});
