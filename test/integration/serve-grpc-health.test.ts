import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import {
  type Client,
  type ClientReadableStream,
  credentials,
  makeClientConstructor,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type HealthCheckRequest,
  type HealthCheckResponse,
  type HealthListResponse,
  healthServiceDefinition,
} from "../../src/proto/services.ts";
import { listenGrpcHealth } from "../../src/serve/grpc-health-listener.ts";
import { fakeView } from "../support/fake-view.ts";
import { answered, look, refused } from "../support/looks.ts";

type Reply<T> = (error: ServiceError | null, response: T) => void;

interface HealthClient extends Client {
  Check(request: HealthCheckRequest, reply: Reply<HealthCheckResponse>): unknown;
  List(request: object, reply: Reply<HealthListResponse>): unknown;
  Watch(request: HealthCheckRequest): ClientReadableStream<HealthCheckResponse>;
}

const HealthClientClass = makeClientConstructor(healthServiceDefinition, "grpc.health.v1.Health");

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function serve() {
  const view = fakeView();
  const listening = await listenGrpcHealth({ host: "127.0.0.1", port: 0 }, { view, onError: () => {} });
  const close = async () => {
    const closing = listening.close();
    view.clock.advance(1_000);
    await closing;
  };
  cleanups.push(close);
  return { view, close, port: listening.port };
}

function clientOf(port: number): HealthClient {
  const options = { "grpc.use_local_subchannel_pool": 1, "grpc.enable_http_proxy": 0 };
  const client = new HealthClientClass(`127.0.0.1:${port}`, credentials.createInsecure(), options);
  cleanups.push(() => client.close());
  return client as unknown as HealthClient;
}

async function check(client: HealthClient, service: string): Promise<HealthCheckResponse["status"]> {
  return await new Promise((resolve, reject) => {
    client.Check({ service }, (error, response) => (error ? reject(error) : resolve(response.status)));
  });
}

interface Watching {
  readonly seen: HealthCheckResponse["status"][];
  /** The status code that the call ended with. */
  readonly ended: Promise<number>;
  cancel(): void;
}

function watch(client: HealthClient, service: string): Watching {
  const call = client.Watch({ service });
  const seen: HealthCheckResponse["status"][] = [];
  call.on("data", (response: HealthCheckResponse) => seen.push(response.status));
  const ended = new Promise<number>((resolve) => {
    call.on("error", (error: ServiceError) => resolve(error.code));
    call.on("end", () => resolve(status.OK));
  });
  cleanups.push(() => call.cancel());
  return { seen, ended, cancel: () => call.cancel() };
}

describe("the gRPC health listener", () => {
  it("checks the gate and each target by name", async () => {
    const { view, port } = await serve();
    const client = clientOf(port);
    view.look("http", look(answered("ready")));
    expect(await check(client, "")).toBe("NOT_SERVING");
    expect(await check(client, "http")).toBe("SERVING");
    expect(await check(client, "grpc")).toBe("NOT_SERVING");
    view.look("grpc", look(answered("ready")));
    expect(await check(client, "")).toBe("SERVING");
    await expect(check(client, "nope")).rejects.toMatchObject({ code: status.NOT_FOUND });
  });

  it("does not serve when the watcher is stuck", async () => {
    const { view, port } = await serve();
    const client = clientOf(port);
    view.look("http", look(answered("ready")));
    view.look("grpc", look(answered("ready")));
    view.clock.advance(18_001);
    expect(await check(client, "")).toBe("NOT_SERVING");
  });

  it("lists all services", async () => {
    const { view, port } = await serve();
    view.look("http", look(answered("ready")));
    const client = clientOf(port);
    const list = await new Promise<HealthListResponse>((resolve, reject) => {
      client.List({}, (error, response) => (error ? reject(error) : resolve(response)));
    });
    expect(list.statuses).toEqual({
      "": { status: "NOT_SERVING" },
      http: { status: "SERVING" },
      grpc: { status: "NOT_SERVING" },
      rclone: { status: "NOT_SERVING" },
    });
  });

  it("tells a watcher the status at once, then changes alone", async () => {
    const { view, port } = await serve();
    const gate = watch(clientOf(port), "");
    await vi.waitFor(() => expect(gate.seen).toEqual(["NOT_SERVING"]));
    view.look("http", look(refused()));
    view.look("http", look(answered("ready")));
    view.look("grpc", look(answered("ready")));
    await vi.waitFor(() => expect(gate.seen).toEqual(["NOT_SERVING", "SERVING"]));
    for (let n = 0; n < 3; n += 1) view.look("grpc", look(refused()));
    await vi.waitFor(() => expect(gate.seen).toEqual(["NOT_SERVING", "SERVING", "NOT_SERVING"]));
  });

  it("tells a watcher that looks have stopped, though nothing changes", async () => {
    const { view, port } = await serve();
    view.look("http", look(answered("ready")));
    view.look("grpc", look(answered("ready")));
    const gate = watch(clientOf(port), "");
    await vi.waitFor(() => expect(gate.seen).toEqual(["SERVING"]));
    view.clock.advance(18_000);
    view.clock.advance(2_000);
    await vi.waitFor(() => expect(gate.seen).toEqual(["SERVING", "NOT_SERVING"]));
  });

  it("keeps a watcher of an unknown service", async () => {
    const { port } = await serve();
    const unknown = watch(clientOf(port), "nope");
    await vi.waitFor(() => expect(unknown.seen).toEqual(["SERVICE_UNKNOWN"]));
  });

  it("takes 64 watchers, refuses more, and takes another when one has gone", async () => {
    const { port } = await serve();
    const clients = [clientOf(port), clientOf(port)];
    const watchers = Array.from({ length: 64 }, (_, n) => watch(clients[n % 2] ?? clientOf(port), "http"));
    await vi.waitFor(() => expect(watchers.every(({ seen }) => seen.length === 1)).toBe(true));
    expect(await watch(clientOf(port), "").ended).toBe(status.RESOURCE_EXHAUSTED);
    watchers[0]?.cancel();
    await vi.waitFor(async () => {
      const another = watch(clientOf(port), "");
      await vi.waitFor(() => expect(another.seen).toEqual(["NOT_SERVING"]), { timeout: 200 });
    });
  });

  it("ends its watchers and its subscription when it closes", async () => {
    const { view, port, close } = await serve();
    const gate = watch(clientOf(port), "");
    await vi.waitFor(() => expect(gate.seen).toHaveLength(1));
    await close();
    expect(await gate.ended).toBe(status.UNAVAILABLE);
    expect(view.subscribers()).toBe(0);
    await close();
  });

  it("closes under clients that do not hang up", async () => {
    const { port, close } = await serve();
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    cleanups.push(() => session.destroy());
    session.on("error", () => session.destroy());
    const sent = { ":method": "POST", ":path": "/grpc.health.v1.Health/Check", "content-type": "application/grpc" };
    session.request(sent, { endStream: false }).on("error", () => {});
    await new Promise<void>((resolve) => session.once("remoteSettings", () => resolve()));
    const silentSocket = connect({ port, host: "127.0.0.1" });
    const gone = new Promise<void>((resolve) => silentSocket.resume().once("close", () => resolve()));
    await new Promise<void>((resolve) => silentSocket.once("connect", () => resolve()));
    const began = performance.now();
    await close();
    await gone;
    expect(performance.now() - began).toBeLessThan(500);
  });

  it("survives garbage and messages over its limit", async () => {
    const { port } = await serve();
    const socket = connect({ port, host: "127.0.0.1" });
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await new Promise<void>((resolve) => socket.resume().once("close", () => resolve()));
    const client = clientOf(port);
    await expect(check(client, "x".repeat(100_000))).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(await check(client, "")).toBe("NOT_SERVING");
  });

  it("rejects with EADDRINUSE and the address when the port is taken", async () => {
    const { port } = await serve();
    const view = fakeView();
    const taken = listenGrpcHealth({ host: "127.0.0.1", port }, { view, onError: () => {} });
    await expect(taken).rejects.toMatchObject({ code: "EADDRINUSE", address: "127.0.0.1", port });
    expect(view.subscribers()).toBe(0);
  });
});
