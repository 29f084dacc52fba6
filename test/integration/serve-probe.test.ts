import { connect, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createMetrics } from "../../src/record/metrics.ts";
import type { ListenAt, Listening } from "../../src/serve/listening.ts";
import { listenProbe } from "../../src/serve/probe-listener.ts";
import { type FakeView, fakeView } from "../support/fake-view.ts";
import { ask } from "../support/http-ask.ts";
import { answered, look, refused } from "../support/looks.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

interface Serving {
  readonly view: FakeView;
  readonly listening: Listening;
  readonly port: number;
  readonly onError: ReturnType<typeof vi.fn<(error: Error) => void>>;
}

async function serve(at: ListenAt = { host: "127.0.0.1", port: 0 }): Promise<Serving> {
  const view = fakeView();
  const onError = vi.fn<(error: Error) => void>();
  const metrics = createMetrics({ version: "0.0.0", targets: view.state().targets.map(({ target }) => target) });
  const listening = await listenProbe(at, { view, metrics, onError });
  cleanups.push(() => listening.close());
  return { view, listening, port: listening.port, onError };
}

function open({ view }: Serving): void {
  view.look("http", look(answered("ready")));
  view.look("grpc", look(answered("ready")));
}

async function raw(port: number, text = ""): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => socket.destroy());
  cleanups.push(() => socket.destroy());
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  socket.write(text);
  return socket;
}

async function whole(socket: Socket): Promise<string> {
  const parts: Buffer[] = [];
  socket.on("data", (part: Buffer) => parts.push(part));
  await new Promise<void>((resolve) => socket.once("close", () => resolve()));
  return Buffer.concat(parts).toString();
}

describe("the probe listener", () => {
  it("answers the probes from the last looks", async () => {
    const serving = await serve();
    const { port } = serving;
    expect(await ask(port, "/livez")).toMatchObject({ status: 200, body: "ok" });
    expect(await ask(port, "/readyz")).toMatchObject({
      status: 503,
      body: "not ready: http UNKNOWN: not looked at yet\n",
    });
    expect(await ask(port, "/v2/health/live")).toMatchObject({ status: 200, body: "ok" });
    expect((await ask(port, "/v2/health/ready")).status).toBe(503);
    expect((await ask(port, "/startupz")).status).toBe(503);
    open(serving);
    for (const path of ["/readyz", "/v2/health/ready", "/startupz"]) {
      expect(await ask(port, path)).toMatchObject({ status: 200, body: "ok" });
    }
  });

  it("reads the query: repeated excludes, the class, the release", async () => {
    const { port, view } = await serve();
    view.look("http", look(refused()));
    expect((await ask(port, "/readyz?code=class&foo=bar")).status).toBe(514);
    expect((await ask(port, "/readyz?code=class&exclude=grpc")).status).toBe(510);
    expect((await ask(port, "/readyz?exclude=grpc&exclude=http")).status).toBe(200);
    expect((await ask(port, "/readyz?verbose")).body).toMatch(
      /^\[-\]http failed: NOT_LISTENING: .*\n(.*\n)*readyz check failed\n$/,
    );
    expect((await ask(port, "/startupz?release=soon")).status).toBe(400);
    view.clock.advance(120_000);
    expect((await ask(port, "/startupz?release=120s")).status).toBe(200);
  });

  it("tells plain text that nobody may store or take for something else", async () => {
    const { headers } = await ask((await serve()).port, "/readyz");
    expect(headers).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
  });

  it("answers HEAD without a body and refuses other methods", async () => {
    const { port } = await serve();
    expect(await ask(port, "/readyz", { method: "HEAD" })).toMatchObject({ status: 503, body: "" });
    const refusal = await ask(port, "/readyz", { method: "POST" });
    expect(refusal).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
    expect((await ask(port, "/nope")).status).toBe(404);
    expect((await ask(port, "/nope", { method: "DELETE" })).status).toBe(405);
  });

  it("exposes the metrics", async () => {
    const serving = await serve();
    open(serving);
    const { body, headers } = await ask(serving.port, "/metrics");
    expect(headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(body).toContain("readiness_gate_ready 1\n");
  });

  it("answers 500 and tells its owner when the error is its own", async () => {
    const view = fakeView();
    const onError = vi.fn<(error: Error) => void>();
    const metrics = { contentType: "text/plain", expose: () => Promise.reject(new Error("broken")) };
    const listening = await listenProbe({ host: "127.0.0.1", port: 0 }, { view, metrics, onError });
    cleanups.push(() => listening.close());
    expect(await ask(listening.port, "/metrics")).toMatchObject({ status: 500, body: "internal error\n" });
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ message: "broken" }));
  });

  it("serves IPv4 and, where there is one, IPv6 when no host is given", async () => {
    const { port, listening } = await serve({ host: null, port: 0 });
    expect((await ask(port, "/livez")).status).toBe(200);
    if (listening.address === "::") expect((await ask(port, "/livez", { host: "::1" })).status).toBe(200);
    else expect(listening.address).toBe("0.0.0.0");
  });

  it.each(["127.0.0.1", null])("rejects with EADDRINUSE and the address when the port is taken (%s)", async (host) => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen({ host: "127.0.0.1", port: 0 }, resolve));
    cleanups.push(() => holder.close());
    const address = holder.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await expect(serve({ host, port })).rejects.toMatchObject({ name: "ListenError", code: "EADDRINUSE", port });
  });

  it("closes at once under connections that are open, half asked or kept alive", async () => {
    const { port, listening } = await serve();
    const sockets = [
      await raw(port),
      await raw(port, "GET /readyz HTTP/1.1\r\nHos"),
      await raw(port, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"),
    ];
    const ends = sockets.map(whole);
    const began = performance.now();
    await listening.close();
    await Promise.all(ends);
    expect(performance.now() - began).toBeLessThan(500);
    await listening.close();
  });
});

describe("the probe listener and hostile clients", () => {
  it("refuses headers that are too large", async () => {
    const { port } = await serve();
    const socket = await raw(port, `GET /livez HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(64 * 1_024)}\r\n\r\n`);
    expect(await whole(socket)).toMatch(/^HTTP\/1\.1 431 /);
    expect((await ask(port, "/livez")).status).toBe(200);
  });

  it("hangs up on what is not HTTP", async () => {
    const { port } = await serve();
    expect(await whole(await raw(port, "\u0016\u0003\u0001 not http\r\n\r\n"))).toMatch(/^HTTP\/1\.1 400 /);
  });

  it("does not read the body of a request that it refuses", async () => {
    const { port } = await serve();
    const socket = await raw(
      port,
      `POST /readyz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n${"a".repeat(2_000)}`,
    );
    expect(await whole(socket)).toMatch(/^HTTP\/1\.1 405 /);
  });

  it("answers again once 300 connections that ask nothing have had their time", async () => {
    const { port } = await serve();
    const asked = (n: number) => (n < 20 ? "GET /livez HTTP/1.1\r\nX: " : "");
    const sockets = await Promise.all(Array.from({ length: 300 }, (_, n) => raw(port, asked(n))));
    for (const socket of sockets) socket.resume();
    const closed = () => sockets.filter((socket) => socket.destroyed).length;
    await vi.waitFor(() => expect(closed()).toBeGreaterThanOrEqual(300 - 256), { timeout: 1_000 });
    expect(closed()).toBe(300 - 256);
    // Headers that never end, a byte at a time, buy no time.
    const drip = setInterval(() => {
      for (const socket of sockets.slice(0, 20)) if (socket.writable) socket.write("a");
    }, 100);
    cleanups.push(() => clearInterval(drip));
    await vi.waitFor(async () => expect((await ask(port, "/livez")).status).toBe(200), {
      timeout: 10_000,
      interval: 200,
    });
    await vi.waitFor(() => expect(sockets.every((socket) => socket.destroyed)).toBe(true), { timeout: 10_000 });
  });
});
