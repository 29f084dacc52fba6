import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTlsServer } from "node:tls";
import { Server as GrpcServer, ServerCredentials } from "@grpc/grpc-js";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Answer } from "../../src/core/observation.ts";
import type { HttpTarget, TlsOptions } from "../../src/core/target.ts";
import { hostHeader } from "../../src/probes/http.ts";
import { openProber } from "../../src/probes/open-prober.ts";
import {
  httpReply,
  httpTarget,
  listenRaw,
  makeCertificate,
  type RawServer,
  SETTINGS,
  startCannedServer,
  startRawServer,
  writeEndlessly,
} from "../support/raw-servers.ts";

const address = "127.0.0.1";
const TLS: TlsOptions = { ca: null, servername: null, insecure: false };

function proberOf(port: number, overrides: Partial<HttpTarget> = {}) {
  const prober = openProber({ target: httpTarget(port, overrides), address, version: "1.2.3" });
  onTestFinished(() => prober.close());
  return prober;
}

function answerOf(port: number, overrides: Partial<HttpTarget> = {}, models: readonly string[] = []): Promise<Answer> {
  return proberOf(port, overrides).ask(models).answered;
}

function serveHttp(listener: RequestListener): Promise<RawServer> {
  return listenRaw(createHttpServer(listener));
}

describe("an HTTP reply", () => {
  it.each([
    ["200 OK", "ready", "HTTP_200"],
    ["204 No Content", "ready", "HTTP_204"],
    ["400 Bad Request", "not-ready", "HTTP_400"],
    ["503 Service Unavailable", "not-ready", "HTTP_503"],
    ["404 Not Found", "no-such-endpoint", "HTTP_404"],
    ["405 Method Not Allowed", "no-such-endpoint", "HTTP_405"],
    ["500 Internal Server Error", "error", "HTTP_500"],
    ["502 Bad Gateway", "error", "HTTP_502"],
    ["401 Unauthorized", "other", "HTTP_401"],
    ["429 Too Many Requests", "other", "HTTP_429"],
    ["301 Moved Permanently", "other", "HTTP_301"],
    ["304 Not Modified", "other", "HTTP_304"],
    ["999 Odd", "other", "HTTP_999"],
  ])("%s is %s", async (status, kind, code) => {
    const server = await startCannedServer(httpReply(status));
    const answer = await answerOf(server.port);
    expect(answer).toMatchObject({ kind, code, asked: "GET /v2/health/ready", message: "", modelsPending: [] });
  });

  it("answers a question that is asked as a GET on a connection of its own, by no proxy", async () => {
    vi.stubEnv("http_proxy", "http://127.0.0.1:1");
    vi.stubEnv("NODE_USE_ENV_PROXY", "1");
    onTestFinished(() => void vi.unstubAllEnvs());
    let head = "";
    const server = await startRawServer((socket) => {
      socket.once("data", (data) => {
        head = data.toString();
        socket.end(httpReply("200 OK"));
      });
    });
    await answerOf(server.port, { path: "/v2/health/ready?a=b" });
    expect(
      head
        .toLowerCase()
        .split("\r\n")
        .filter(Boolean)
        .sort((a, b) => a.localeCompare(b)),
    ).toEqual([
      "accept: */*",
      "connection: close",
      "get /v2/health/ready?a=b http/1.1",
      `host: 127.0.0.1:${server.port}`,
      "user-agent: readiness-gate/1.2.3",
    ]);
    await vi.waitFor(() => expect(server.open()).toBe(0));
    expect(server.accepted()).toBe(1);
  });

  it.each([
    [{ scheme: "http", host: "::1", port: 9000 }, "[::1]:9000"],
    [{ scheme: "http", host: "fe80::1%eth0", port: 9000 }, "[fe80::1]:9000"],
    [{ scheme: "http", host: "localhost", port: 80 }, "localhost"],
    [{ scheme: "https", host: "localhost", port: 443 }, "localhost"],
    [{ scheme: "https", host: "localhost", port: 80 }, "localhost:80"],
  ] as const)("of %o is asked for under the host %s", (target, host) => {
    expect(hostHeader(target)).toBe(host);
  });

  it.each([
    ["text/plain", "loading\nmore", "loading"],
    ["application/json", '{\n  "error": "Model X not found"\n}', '{"error":"Model X not found"}'],
    ["application/json", "{ broken", "{ broken"],
    ["text/html", "\r\n\u001b[31m<b>no</b>\u0007\r\n", "<b>no</b>"],
    ["text/plain", "x".repeat(5000), "x".repeat(200)],
    ["application/octet-stream", "secret", ""],
  ])("with a body of %s is quoted on one line", async (type, body, message) => {
    const server = await startCannedServer(httpReply("500 Oops", { headers: [`content-type: ${type}`], body }));
    expect((await answerOf(server.port)).message).toBe(message);
  });

  it("is taken after interim replies", async () => {
    const interim = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(20);
    const server = await startCannedServer(`HTTP/1.1 100 Continue\r\n\r\n${interim}${httpReply("200 OK")}`);
    expect((await answerOf(server.port)).code).toBe("HTTP_200");
  });

  it.each([
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nbytes",
    "HTTP/1.1 101 Switching Protocols\r\n\r\n",
  ])("that switches protocols is no readiness", async (reply) => {
    const server = await startCannedServer(reply);
    expect(await answerOf(server.port)).toMatchObject({ kind: "other", code: "HTTP_101" });
  });

  it("counts by its status even when the body breaks", async () => {
    const server = await startCannedServer("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n");
    expect(await answerOf(server.port)).toMatchObject({ kind: "ready", code: "HTTP_200" });
  });

  it("counts by its status even when the connection is reset in the body", async () => {
    const server = await startRawServer((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 503 No\r\ncontent-length: 10\r\n\r\nabc", () =>
          setImmediate(() => socket.resetAndDestroy()),
        );
      });
    });
    expect(await answerOf(server.port)).toMatchObject({ kind: "not-ready", code: "HTTP_503" });
  });
});

describe("redirects", () => {
  it("are followed on the same host and port", async () => {
    const server = await serveHttp((request, response) => {
      const isStart = request.url === "/v2/health/ready/";
      response.writeHead(isStart ? 307 : 200, isStart ? { location: "/v2/health/ready" } : {}).end();
    });
    const answer = await answerOf(server.port, { path: "/v2/health/ready/" });
    expect(answer).toMatchObject({ kind: "ready", code: "HTTP_200", asked: "GET /v2/health/ready/" });
    expect(server.accepted()).toBe(2);
  });

  it.each(["http://example.com/x", "https://127.0.0.1/x", "//other:1/x", "http://[bad"])(
    "to %s are not followed",
    async (location) => {
      const server = await serveHttp((_request, response) => response.writeHead(302, { location }).end());
      const answer = await answerOf(server.port);
      expect(answer).toMatchObject({ kind: "other", code: "HTTP_302", message: `redirects to ${location}` });
      expect(server.accepted()).toBe(1);
    },
  );

  it("end after three", async () => {
    const server = await serveHttp((request, response) =>
      response.writeHead(302, { location: `${request.url}x` }).end(),
    );
    expect(await answerOf(server.port)).toMatchObject({ kind: "other", code: "HTTP_302" });
    expect(server.accepted()).toBe(4);
  });
});

describe("models", () => {
  it("that do not answer 200 are pending, each asked for by its encoded name", async () => {
    const urls: (string | undefined)[] = [];
    const server = await serveHttp((request, response) => {
      urls.push(request.url);
      const status = request.url?.includes("loading") ? 400 : request.url?.includes("absent") ? 404 : 200;
      response.writeHead(status).end();
    });
    const answer = await answerOf(server.port, {}, ["iris", "loading", "a/b absent"]);
    expect(answer).toMatchObject({ kind: "ready", code: "HTTP_200", asked: "GET /v2/health/ready" });
    expect(answer.modelsPending).toEqual(["loading", "a/b absent"]);
    expect(urls.slice(1)).toEqual([
      "/v2/models/iris/ready",
      "/v2/models/loading/ready",
      "/v2/models/a%2Fb%20absent/ready",
    ]);
  });

  it.each([
    ["the server is not ready, and none counts as ready", 503, "/v2/health/ready", ["iris"]],
    ["the path is not of the protocol", 200, "/healthz", []],
  ])("are not asked for when %s", async (_why, status, path, pending) => {
    const server = await serveHttp((_request, response) => response.writeHead(status).end());
    expect((await answerOf(server.port, { path }, ["iris"])).modelsPending).toEqual(pending);
    expect(server.accepted()).toBe(1);
  });

  it("that the server is silent about are named by the silence", async () => {
    const server = await serveHttp((request, response) => {
      if (request.url === "/v2/health/ready") {
        response.end();
      }
    });
    const inquiry = proberOf(server.port).ask(["iris"]);
    await vi.waitFor(() => expect(inquiry.silence().asked).toBe("GET /v2/models/iris/ready"));
  });
});

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

describe("a silent server", () => {
  it("leaves the question out until it answers, over the same connection", async () => {
    const waiting: (() => void)[] = [];
    const server = await serveHttp((_request, response) => waiting.push(() => response.end()));
    const inquiry = proberOf(server.port).ask([]);
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    expect(inquiry.silence()).toMatchObject({ kind: "silence", code: "DEADLINE", asked: "GET /v2/health/ready" });
    waiting[0]?.();
    expect((await inquiry.answered).kind).toBe("ready");
    expect(server.accepted()).toBe(1);
  });

  it("is left when the question is given up, and nothing settles afterwards", async () => {
    const ended = vi.fn();
    const server = await startRawServer((socket) => socket.on("end", ended).resume());
    const inquiry = proberOf(server.port).ask([]);
    const answered = vi.fn();
    inquiry.answered.then(answered);
    await inquiry.connected;
    inquiry.close();
    inquiry.close();
    await vi.waitFor(() => expect(server.open()).toBe(0));
    expect(ended).toHaveBeenCalledOnce();
    expect(answered).not.toHaveBeenCalled();
  });

  it("is left when the prober is closed", async () => {
    const server = await startRawServer((socket) => socket.resume());
    const prober = proberOf(server.port);
    await prober.ask([]).connected;
    prober.close();
    await vi.waitFor(() => expect(server.open()).toBe(0));
  });
});

describe("TLS", () => {
  it("is spoken to an https target whose authority is known", async () => {
    const { path, cert, key } = await makeCertificate();
    const server = await listenRaw(createHttpsServer({ cert, key }, (_request, response) => response.end()));
    const target = { scheme: "https", host: "localhost", tls: { ...TLS, ca: path } } as const;
    expect(await answerOf(server.port, target)).toMatchObject({ kind: "ready", code: "HTTP_200" });
    expect(await answerOf(server.port, { ...target, host: address })).toMatchObject({ kind: "ready" });
  });

  it.each([
    ["an unknown authority", {}, "DEPTH_ZERO_SELF_SIGNED_CERT"],
    ["a file that does not exist", { ca: "/nonexistent/ca.pem" }, "ENOENT"],
    ["another name", { insecure: false, servername: "other.example" }, "ERR_TLS_CERT_ALTNAME_INVALID"],
  ])("with %s does not verify", async (_what, options, code) => {
    const { path, cert, key } = await makeCertificate();
    const server = await listenRaw(createHttpsServer({ cert, key }, (_request, response) => response.end()));
    const ca = "servername" in options ? path : null;
    const answer = await answerOf(server.port, { scheme: "https", host: "localhost", tls: { ...TLS, ca, ...options } });
    expect(answer).toMatchObject({ kind: "tls", code });
    await vi.waitFor(() => expect(server.open()).toBe(0));
  });

  it("accepts any certificate when told to", async () => {
    const { cert, key } = await makeCertificate();
    const server = await listenRaw(createHttpsServer({ cert, key }, (_request, response) => response.end()));
    const tls = { ...TLS, insecure: true };
    expect(await answerOf(server.port, { scheme: "https", host: "localhost", tls })).toMatchObject({ kind: "ready" });
  });

  it("expected by the server alone is told", async () => {
    const { cert, key } = await makeCertificate();
    const server = await listenRaw(createHttpsServer({ cert, key }, (_request, response) => response.end()));
    expect(await answerOf(server.port)).toMatchObject({ kind: "tls", code: "TLS_EXPECTED" });
  });

  it("expected by a server that says so in plain HTTP is told", async () => {
    const body = "Client sent an HTTP request to an HTTPS server.\n";
    const server = await startCannedServer(
      httpReply("400 Bad Request", { headers: ["content-type: text/plain"], body }),
    );
    expect(await answerOf(server.port)).toMatchObject({ kind: "tls", code: "TLS_EXPECTED" });
  });

  it("expected by the gate alone is told", async () => {
    const server = await startCannedServer(httpReply("400 Bad Request"));
    expect(await answerOf(server.port, { scheme: "https", tls: TLS })).toMatchObject({ kind: "tls" });
  });

  it.each([
    ["FIN", "EOF"],
    ["reset", "ECONNRESET"],
  ])("that ends in the handshake by %s is a closed connection", async (how, code) => {
    const server = await startRawServer((socket) => {
      socket.once("data", () => (how === "FIN" ? socket.end() : socket.resetAndDestroy()));
    });
    expect(await answerOf(server.port, { scheme: "https", tls: TLS })).toMatchObject({ kind: "closed", code });
  });

  it("that is silent in the handshake is silence, and is left on close", async () => {
    const server = await startRawServer((socket) => socket.resume());
    const inquiry = proberOf(server.port, { scheme: "https", tls: TLS }).ask([]);
    await inquiry.connected;
    expect(inquiry.silence().kind).toBe("silence");
    inquiry.close();
    await vi.waitFor(() => expect(server.open()).toBe(0));
  });

  it("that wants a client's certificate is told", async () => {
    const { path, cert, key } = await makeCertificate();
    const options = { cert, key, requestCert: true, rejectUnauthorized: true };
    const server = await listenRaw(createTlsServer(options, (socket) => socket.end()));
    const answer = await answerOf(server.port, { scheme: "https", host: "localhost", tls: { ...TLS, ca: path } });
    expect(answer).toMatchObject({ kind: "tls", code: expect.stringContaining("CERTIFICATE_REQUIRED") });
  });
});
