import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { listenAdmin } from "../../src/serve/admin-listener.ts";
import { type FakeView, fakeView } from "../support/fake-view.ts";
import { ask } from "../support/http-ask.ts";
import { answered, look, refused } from "../support/looks.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function serve(host = "127.0.0.1", view: FakeView = fakeView()) {
  const onError = vi.fn<(error: Error) => void>();
  const listening = await listenAdmin({ host, port: 0 }, { view, onError });
  cleanups.push(() => listening.close());
  return { view, listening, port: listening.port };
}

/** A client of `/events` that reads, unless it is paused. */
interface EventClient {
  readonly status: number;
  readonly response: IncomingMessage;
  text(): string;
  /** Characters that came so far. */
  length(): number;
  readonly ended: Promise<void>;
  hangUp(): void;
}

async function listenToEvents(port: number): Promise<EventClient> {
  const asking: ClientRequest = request({ host: "127.0.0.1", port, path: "/events", agent: false });
  cleanups.push(() => asking.destroy());
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    asking.once("response", resolve);
    asking.once("error", reject);
    asking.end();
  });
  const parts: string[] = [];
  let length = 0;
  response.setEncoding("utf8");
  response.on("data", (part: string) => {
    parts.push(part);
    length += part.length;
  });
  const ended = new Promise<void>((resolve) => {
    response.once("close", () => resolve());
    // A connection that is cut ends with an error; the test looks at the end alone.
    response.once("error", () => resolve());
  });
  const hangUp = () => asking.destroy();
  return {
    status: response.statusCode ?? 0,
    response,
    text: () => parts.join(""),
    length: () => length,
    ended,
    hangUp,
  };
}

interface ServerSentEvent {
  readonly event: string;
  readonly id: string;
  readonly data: Record<string, unknown>;
}

function eventsIn(text: string): readonly ServerSentEvent[] {
  const blocks = text.split("\n\n").filter((block) => block.startsWith("event: "));
  return blocks.map((block) => {
    const match = /^event: (\w+)\nid: (\d+)\ndata: (\{.*\})$/.exec(block);
    if (match === null) throw new Error(`not an event: ${block.slice(0, 200)}`);
    return { event: match[1] ?? "", id: match[2] ?? "", data: JSON.parse(match[3] ?? "") as Record<string, unknown> };
  });
}

describe("the admin listener", () => {
  it("shows the page without any need for a script", async () => {
    const { port } = await serve();
    const { status, headers, body } = await ask(port, "/");
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(body).toContain("The gate is closed");
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; /);
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    });
    expect(headers).not.toHaveProperty("access-control-allow-origin");
  });

  it("answers the snapshot as JSON", async () => {
    const { port, view } = await serve();
    view.look("http", look(refused()));
    const { headers, body } = await ask(port, "/status");
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(JSON.parse(body)).toEqual(JSON.parse(JSON.stringify(view.snapshot())));
    expect(JSON.parse(body)).toMatchObject({ schema: "readiness-gate/v1", ready: false, phase: "starting" });
  });

  it("answers the journal, one transition a line", async () => {
    const { port, view } = await serve();
    expect(await ask(port, "/journal")).toMatchObject({ status: 200, body: "" });
    view.look("http", look(refused()));
    view.look("http", look(answered("ready")));
    view.look("grpc", look(answered("ready")));
    const { headers, body } = await ask(port, "/journal");
    expect(headers["content-type"]).toMatch(/^application\/x-ndjson/);
    const lines = body.trimEnd().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual([
      "target",
      "target",
      "target",
      "gate",
    ]);
  });

  it.each(["/", "/status", "/journal", "/events"])("answers HEAD %s without a body", async (path) => {
    const { port } = await serve();
    expect(await ask(port, path, { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
  });

  it("refuses other methods", async () => {
    const { port } = await serve();
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      expect((await ask(port, "/status", { method })).status).toBe(405);
    }
  });
});

describe("the admin listener and the Host field", () => {
  it.each(["evil.example", "evil.example:9022", "localhost.evil.example", "10.1.2.3"])(
    "answers 421 to %s",
    async (host) => {
      const { port } = await serve();
      for (const path of ["/", "/status", "/events", "/journal", "/nope"]) {
        const reply = await ask(port, path, { headers: { host } });
        expect(reply.status).toBe(421);
        expect(reply.body).not.toContain("schema");
      }
    },
  );

  it.each(["localhost", "LOCALHOST:1234", "127.0.0.1:9022", "127.1.2.3", "[::1]:9022"])(
    "answers to %s",
    async (host) => {
      const { port } = await serve();
      expect((await ask(port, "/status", { headers: { host } })).status).toBe(200);
    },
  );

  it("answers 421 when the Host is missing, in either version of HTTP", async () => {
    const { port } = await serve();
    for (const version of ["1.0", "1.1"]) {
      const socket = connect({ port, host: "127.0.0.1" });
      socket.end(`GET /status HTTP/${version}\r\nConnection: close\r\n\r\n`);
      const parts: Buffer[] = [];
      for await (const part of socket) parts.push(part as Buffer);
      expect(Buffer.concat(parts).toString()).toMatch(/^HTTP\/1\.1 421 /);
    }
  });

  it("answers to the address that a wildcard was reached by, and to no other", async () => {
    const { port } = await serve("0.0.0.0");
    expect((await ask(port, "/status", { host: "127.0.0.5", headers: { host: "127.0.0.5" } })).status).toBe(200);
    expect((await ask(port, "/status", { headers: { host: "10.1.2.3" } })).status).toBe(421);
  });
});

describe("the event stream", () => {
  it("sends the snapshot first, then each transition, with ids that grow", async () => {
    const { port, view } = await serve();
    const client = await listenToEvents(port);
    expect(client.response.headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    await vi.waitFor(() => expect(eventsIn(client.text())).toHaveLength(1));
    view.look("http", look(answered("ready")));
    view.look("grpc", look(answered("ready")));
    await vi.waitFor(() => expect(eventsIn(client.text())).toHaveLength(4));
    const events = eventsIn(client.text());
    expect(events.map(({ event, id }) => [event, id])).toEqual([
      ["snapshot", "0"],
      ["transition", "1"],
      ["transition", "2"],
      ["transition", "3"],
    ]);
    expect(events[0]?.data).toMatchObject({ schema: "readiness-gate/v1", ready: false });
    expect(events[3]?.data).toMatchObject({ kind: "gate", to: { phase: "ready" } });
  });

  it("sends a heartbeat every 15 s", async () => {
    const { port, view } = await serve();
    const client = await listenToEvents(port);
    await vi.waitFor(() => expect(eventsIn(client.text())).toHaveLength(1));
    view.clock.advance(15_000);
    await vi.waitFor(() => expect(client.text()).toMatch(/\n\n: [^\n]+\n\n$/));
    view.clock.advance(30_000);
    await vi.waitFor(() => expect(client.text().match(/^: /gm)).toHaveLength(3));
  });

  it("takes 16 clients, refuses more, and takes another when one has gone", async () => {
    const { port } = await serve();
    const clients = await Promise.all(Array.from({ length: 16 }, () => listenToEvents(port)));
    expect(clients.every(({ status }) => status === 200)).toBe(true);
    expect(await ask(port, "/events")).toMatchObject({ status: 503, headers: { "retry-after": "5" } });
    clients[0]?.hangUp();
    await vi.waitFor(async () => expect((await listenToEvents(port)).status).toBe(200));
  });

  it("drops a client that does not read, and goes on with the others", async () => {
    const { port, view } = await serve();
    const [stuck, other] = [await listenToEvents(port), await listenToEvents(port)];
    stuck.response.pause();
    view.look("http", look(refused()));
    const [transition] = view.journal();
    if (transition === undefined) throw new Error("there is a transition");
    const large = { ...transition, verdict: { ...transition.verdict, summary: "x".repeat(64 * 1_024) } };
    // More than the kernel's buffers on both sides take.
    const count = 200;
    for (let sent = 0; sent < count; sent += 1) {
      // One that reads must have all before the next is sent, or it would be dropped too.
      const before = other.length();
      view.publish(large);
      await vi.waitFor(() => expect(other.length()).toBeGreaterThan(before + 64 * 1_024), { interval: 2 });
    }
    stuck.response.resume();
    await stuck.ended;
    expect(stuck.length()).toBeLessThan(count * 64 * 1_024);
    await vi.waitFor(() => expect(eventsIn(other.text()).length).toBe(count + 2));
  });

  it("ends every client and every subscription when the listener closes", async () => {
    const { port, view, listening } = await serve();
    const clients = await Promise.all(Array.from({ length: 3 }, () => listenToEvents(port)));
    clients[2]?.response.pause();
    expect(view.subscribers()).toBe(1);
    const began = performance.now();
    await listening.close();
    await Promise.all(clients.slice(0, 2).map(({ ended }) => ended));
    expect(performance.now() - began).toBeLessThan(500);
    expect(view.subscribers()).toBe(0);
  });

  it("leaves no subscription behind when the port is taken", async () => {
    const { port } = await serve();
    const view = fakeView();
    const taken = listenAdmin({ host: "127.0.0.1", port }, { view, onError: () => {} });
    await expect(taken).rejects.toMatchObject({ code: "EADDRINUSE", address: "127.0.0.1", port });
    expect(view.subscribers()).toBe(0);
  });
});
