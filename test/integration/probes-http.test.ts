import { describe, expect, it, onTestFinished, vi } from "vitest";
import { hostHeader } from "../../src/probes/http.ts";
import { answerOf, proberOf, serveHttp } from "../support/http-prober.ts";
import { httpReply, startCannedServer, startRawServer } from "../support/raw-servers.ts";

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
