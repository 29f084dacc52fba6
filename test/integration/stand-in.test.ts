import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import { afterEach, describe, expect, it, vi } from "vitest";
import { forkStandIn, type StandInProcess } from "../../src/stand-in/fork.ts";
import type { PhaseListener } from "../../src/stand-in/phases.ts";
import type { GrpcFault, HttpFault, StandInPlanInput } from "../../src/stand-in/plan.ts";
import { applyRawFault } from "../../src/stand-in/raw-faults.ts";
import { type StandIn, startStandIn } from "../../src/stand-in/stand-in.ts";

const TRUE = Buffer.from([0x08, 0x01]);
const FALSE = Buffer.alloc(0);
const READY = "inference.GRPCInferenceService/ServerReady";
const CHECK = "grpc.health.v1.Health/Check";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
});

async function start(plan: StandInPlanInput = {}, onPhase?: PhaseListener): Promise<StandIn> {
  const standIn = await startStandIn(plan, onPhase);
  cleanups.push(() => standIn.close());
  return standIn;
}

function httpPort(standIn: Pick<StandIn, "ports">): number {
  const { http } = standIn.ports();
  if (http === null) {
    throw new Error("no HTTP port");
  }
  return http;
}

function grpcPort(standIn: Pick<StandIn, "ports">): number {
  const { grpc } = standIn.ports();
  if (grpc === null) {
    throw new Error("no gRPC port");
  }
  return grpc;
}

interface Reply {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

function ask(port: number, path = "/v2/health/ready", method = "GET"): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, path, method, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
      response.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

function clientOf(port: number): Client {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_http_proxy": 0,
    "grpc.initial_reconnect_backoff_ms": 20,
    "grpc.max_reconnect_backoff_ms": 50,
  });
  cleanups.push(() => client.close());
  return client;
}

function callOn(client: Client, method: string, message: Buffer = FALSE, deadline = Date.now() + 5000) {
  return new Promise<Buffer>((resolve, reject) => {
    const asIs = (bytes: Buffer) => bytes;
    client.makeUnaryRequest(`/${method}`, asIs, asIs, message, { deadline }, (error, answer) =>
      error === null && answer !== undefined ? resolve(answer) : reject(error),
    );
  });
}

function call(port: number, method: string, message?: Buffer): Promise<Buffer> {
  return callOn(clientOf(port), method, message);
}

async function statusOf(answer: Promise<Buffer>): Promise<Pick<ServiceError, "code" | "details">> {
  const error: unknown = await answer.then(
    (bytes) => Promise.reject(new Error(`answered ${bytes.toString("hex")}`)),
    (reason: unknown) => reason,
  );
  return error as ServiceError;
}

function field1(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x0a, text.length]), Buffer.from(text)]);
}

/** Opens a connection and sends `question`; collects what comes back. */
async function open(
  port: number,
  question: string,
): Promise<{ socket: Socket; received(): Buffer; end: Promise<string> }> {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  cleanups.push(() => socket.destroy());
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  const end = new Promise<string>((resolve) => {
    socket.on("end", () => resolve("FIN"));
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  socket.write(question);
  return { socket, received: () => Buffer.concat(chunks), end };
}

function listenAnywhere(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    await nextTurn();
  }
}

const GET_READY = "GET /v2/health/ready HTTP/1.1\r\nhost: x\r\n\r\n";
const H2_PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

describe("the HTTP side", () => {
  it("answers health, metadata and models as MLServer does", async () => {
    const port = httpPort(await start({ models: { iris: true, "big model": false } }));
    expect(await ask(port, "/v2/health/live")).toMatchObject({ status: 200, body: "" });
    expect(await ask(port, "/v2/health/ready?x=1")).toMatchObject({ status: 200, body: "" });
    expect(JSON.parse((await ask(port, "/v2")).body)).toMatchObject({ extensions: [] });
    expect(await ask(port, "/v2/models/iris/ready")).toMatchObject({ status: 200, body: "" });
    expect(await ask(port, "/v2/models/big%20model/ready")).toMatchObject({ status: 400, body: "" });
    const unknown = await ask(port, "/v2/models/nobody/ready");
    expect(unknown).toMatchObject({ status: 404, body: '{"error":"Model nobody not found"}' });
  });

  it("refuses other methods and unknown paths as FastAPI does", async () => {
    const port = httpPort(await start());
    const posted = await ask(port, "/v2/health/ready", "POST");
    expect(posted).toMatchObject({ status: 405, headers: { allow: "GET" }, body: '{"detail":"Method Not Allowed"}' });
    expect(await ask(port, "/v2/health/ready", "HEAD")).toMatchObject({ status: 405 });
    expect(await ask(port, "/toString")).toMatchObject({ status: 404, body: '{"detail":"Not Found"}' });
    expect(await ask(port, "/v2/models/%ff/ready")).toMatchObject({ status: 404 });
    expect(await ask(port, "/v2/health/ready/")).toMatchObject({
      status: 307,
      headers: { location: "/v2/health/ready" },
    });
  });

  it.each<[HttpFault, number]>([
    ["status-400", 400],
    ["status-404", 404],
    ["status-500", 500],
    ["status-503", 503],
    ["status-301", 301],
  ])("under %s answers %i until the fault is lifted", async (fault, expected) => {
    const standIn = await start({ httpFault: fault });
    expect((await ask(httpPort(standIn))).status).toBe(expected);
    standIn.setHttpFault(null);
    expect((await ask(httpPort(standIn))).status).toBe(200);
  });

  it("under silent answers what was asked meanwhile when the fault is lifted", async () => {
    const standIn = await start({ httpFault: "silent" });
    const early = await open(httpPort(standIn), GET_READY);
    await vi.waitUntil(() => standIn.connectionsSeen().http === 1);
    expect(standIn.questionsSeen().http).toBe(0);
    expect(early.received()).toHaveLength(0);
    standIn.setHttpFault(null);
    await vi.waitUntil(() => early.received().includes("HTTP/1.1 200 OK"));
  });

  it("holds a request on a connection that was open before the silence", async () => {
    const standIn = await start();
    const early = await open(httpPort(standIn), GET_READY);
    await vi.waitUntil(() => early.received().includes("200 OK"));
    const before = early.received().length;
    standIn.setHttpFault("silent");
    early.socket.write(GET_READY);
    await vi.waitUntil(() => standIn.questionsSeen().http === 2);
    expect(early.received()).toHaveLength(before);
    standIn.setHttpFault("status-503");
    await vi.waitUntil(() => early.received().includes("503"));
  });

  it("under http2 speaks gRPC and nothing else", async () => {
    const standIn = await start({ httpFault: "http2" });
    expect(await call(httpPort(standIn), READY)).toEqual(TRUE);
    const http1 = await open(httpPort(standIn), GET_READY);
    await http1.end;
    expect(http1.received().subarray(3, 9)).toEqual(Buffer.from([0x04, 0, 0, 0, 0, 0]));
  });
});

describe("faults below the protocol", () => {
  const sides = [
    ["HTTP", GET_READY, (fault: "reset" | "close" | "garbage") => ({ httpFault: fault }), httpPort],
    ["gRPC", H2_PREFACE, (fault: "reset" | "close" | "garbage") => ({ grpcFault: fault }), grpcPort],
  ] as const;

  it.each(sides)(
    "reset on the %s side ends a connection by a reset at its first bytes",
    async (_, hello, plan, port) => {
      const connection = await open(port(await start(plan("reset"))), hello);
      expect(await connection.end).toBe("ECONNRESET");
      expect(connection.received()).toHaveLength(0);
    },
  );

  it.each(sides)("close on the %s side ends it by a FIN, without a byte", async (_, hello, plan, port) => {
    const connection = await open(port(await start(plan("close"))), hello);
    expect(await connection.end).toBe("FIN");
    expect(connection.received()).toHaveLength(0);
  });

  it.each(sides)("garbage on the %s side is of neither protocol", async (_, hello, plan, port) => {
    const connection = await open(port(await start(plan("garbage"))), hello);
    expect(await connection.end).toBe("FIN");
    expect(connection.received().length).toBeGreaterThan(9);
  });

  it("shows clients of each protocol what they would see of a real one", async () => {
    const garbage = await start({ httpFault: "garbage", grpcFault: "garbage" });
    await expect(ask(httpPort(garbage))).rejects.toMatchObject({ code: "HPE_INVALID_CONSTANT" });
    expect((await statusOf(call(grpcPort(garbage), READY))).code).toBe(status.UNAVAILABLE);
  });

  it("endless-headers stop when the client leaves", async () => {
    const standIn = await start({ httpFault: "endless-headers" });
    await expect(ask(httpPort(standIn))).rejects.toMatchObject({ code: "HPE_HEADER_OVERFLOW" });
    standIn.setHttpFault(null);
    expect((await ask(httpPort(standIn))).status).toBe(200);
  });

  it.each(["endless-headers", "endless-body"] as const)("%s wait for a client that does not read", async (fault) => {
    const accepted: Socket[] = [];
    const server = createServer((socket) => {
      accepted.push(socket.on("error", () => undefined));
      applyRawFault(fault, socket);
    });
    const port = await listenAnywhere(server);
    cleanups.push(() => server.close());
    const { socket: client } = await open(port, GET_READY);
    client.pause();
    await vi.waitUntil(() => accepted[0]?.writableNeedDrain);
    const sender = accepted[0];
    await vi.waitUntil(async () => {
      const before = sender?.bytesWritten;
      await turns(100);
      return sender?.bytesWritten === before;
    });
    expect(sender?.writableLength).toBeLessThan(100_000);
    client.destroy();
    await vi.waitUntil(() => sender?.destroyed);
  });

  it("drops connections of the other kind when the fault changes", async () => {
    const standIn = await start();
    const kept = await open(httpPort(standIn), GET_READY);
    await vi.waitUntil(() => kept.received().includes("200 OK"));
    standIn.setHttpFault("reset");
    await kept.end;
    await expect(ask(httpPort(standIn))).rejects.toMatchObject({ code: "ECONNRESET" });
  });
});

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

describe("the phases of a start", () => {
  it("come in their order, each answering for itself", async () => {
    const phases: string[] = [];
    const plan = { bindAfterMs: null, answerAfterMs: null, readyAfterMs: null };
    const standIn = await start(plan, (phase) => phases.push(phase));
    expect(standIn.ports()).toEqual({ http: null, grpc: null });

    standIn.advance();
    await standIn.reached("bound");
    const early = ask(httpPort(standIn));
    const earlyCall = call(grpcPort(standIn), READY);
    await vi.waitUntil(() => standIn.connectionsSeen().http === 1 && standIn.connectionsSeen().grpc === 1);
    expect(standIn.questionsSeen()).toEqual({ http: 0, grpc: 0 });

    standIn.advance();
    expect(await early).toMatchObject({ status: 400, body: "" });
    expect(await earlyCall).toEqual(FALSE);
    expect(standIn.becameReadyAt()).toBeNull();

    standIn.advance();
    expect((await ask(httpPort(standIn))).status).toBe(200);
    expect(await call(grpcPort(standIn), READY)).toEqual(TRUE);
    expect(standIn.becameReadyAt()).toBe(await standIn.reached("ready"));
    expect(phases).toEqual(["starting", "bound", "answering", "ready"]);
  });

  it("refuse connections until the bind", async () => {
    const holder = createServer();
    const port = await listenAnywhere(holder);
    await new Promise((resolve) => holder.close(resolve));
    const standIn = await start({ httpPort: port, grpcPort: null, bindAfterMs: null });
    await expect(ask(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    standIn.advance();
    await standIn.reached("bound");
    expect((await ask(port)).status).toBe(200);
  });

  it("take the time that the plan gives them", async () => {
    const standIn = await start({ bindAfterMs: 30, answerAfterMs: 30, readyAfterMs: 30 });
    const ready = await standIn.reached("ready");
    const times = [
      await standIn.reached("starting"),
      await standIn.reached("bound"),
      await standIn.reached("answering"),
    ];
    const durations = [...times.slice(1), ready].map((time, index) => time - (times[index] ?? 0));
    // Timers may fire up to a millisecond early by the wall clock.
    for (const duration of durations) {
      expect(duration).toBeGreaterThanOrEqual(28);
    }
  });

  it("obey setReady, before and after readiness", async () => {
    const standIn = await start({ answerAfterMs: null, readyAfterMs: null });
    standIn.setReady(true);
    expect(standIn.phase()).toBe("bound");
    standIn.advance();
    expect(standIn.phase()).toBe("ready");
    standIn.setReady(false);
    expect(standIn.phase()).toBe("answering");
    expect((await ask(httpPort(standIn))).status).toBe(400);
    standIn.setReady(true);
    expect((await ask(httpPort(standIn))).status).toBe(200);
    standIn.setModelReady("iris", false);
    expect((await ask(httpPort(standIn), "/v2/models/iris/ready")).status).toBe(400);
  });

  it("leave out a side that the plan does not serve", async () => {
    const standIn = await start({ httpPort: null });
    expect(standIn.ports().http).toBeNull();
    expect(await call(grpcPort(standIn), READY)).toEqual(TRUE);
  });

  it("end with the bind's error when the port is taken, and leave nothing listening", async () => {
    const holder = await start();
    await expect(startStandIn({ httpPort: httpPort(holder) })).rejects.toThrow("EADDRINUSE");
    const late = await start({ httpPort: httpPort(holder), bindAfterMs: 1 });
    await expect(late.reached("bound")).rejects.toThrow("EADDRINUSE");
    expect(late.ports()).toEqual({ http: null, grpc: null });
  });

  it("end with close: connections drop and the port can be bound anew", async () => {
    const standIn = await start({ answerAfterMs: null });
    const port = httpPort(standIn);
    const waiting = await open(port, GET_READY);
    await vi.waitUntil(() => standIn.connectionsSeen().http === 1);
    await standIn.close();
    await waiting.end;
    await expect(standIn.reached("ready")).rejects.toThrow("closed");
    const next = await start({ httpPort: port });
    expect((await ask(httpPort(next))).status).toBe(200);
  });
});

describe("a stand-in in a child process", () => {
  const source = (name: string) => JSON.stringify(new URL(`../../src/stand-in/${name}`, import.meta.url).href);

  /** An entry such as the product's own: `ENTRY stand-in PLAN`. */
  async function entry(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "stand-in-"));
    cleanups.push(() => rm(folder, { recursive: true }));
    const path = join(folder, "entry.mjs");
    await writeFile(
      path,
      `import { runStandInChild } from ${source("child.ts")};
       import { processChannel } from ${source("process-channel.ts")};
       if (process.argv[2] !== "stand-in") throw new Error("unexpected subcommand");
       await runStandInChild(process.argv[3], processChannel()).catch(() => { process.exitCode = 1; });`,
    );
    return path;
  }

  async function forkIt(plan: StandInPlanInput, onPhase?: PhaseListener): Promise<StandInProcess> {
    const options = { modulePath: await entry(), execArgv: ["--import", "tsx"], plan };
    const child = await forkStandIn(onPhase === undefined ? options : { ...options, onPhase });
    cleanups.push(() => child.stop());
    return child;
  }

  it("reports its phases, obeys controls and ends when told to", async () => {
    const phases: string[] = [];
    const child = await forkIt({ readyAfterMs: null }, (phase) => phases.push(phase));
    await child.reached("answering");
    expect((await ask(httpPort(child))).status).toBe(400);
    child.send({ models: { iris: true }, ready: true });
    expect(await child.reached("ready")).toBe(child.becameReadyAt());
    expect((await ask(httpPort(child), "/v2/models/iris/ready")).status).toBe(200);
    child.send({ httpFault: "status-503", grpcFault: "internal" });
    await vi.waitUntil(async () => (await ask(httpPort(child))).status === 503);
    expect((await statusOf(call(grpcPort(child), READY))).code).toBe(status.INTERNAL);
    expect(phases).toEqual(["starting", "bound", "answering", "ready"]);
    await child.stop();
    expect(await child.ended).toBe(0);
  });

  it("answers nothing while its loop is blocked, and then what was asked", async () => {
    const child = await forkIt({ readyAfterMs: null });
    await child.reached("answering");
    child.send({ ready: true, block: 700 });
    const blockedAt = await child.reached("ready");
    expect((await ask(httpPort(child))).status).toBe(200);
    expect(Date.now()).toBeGreaterThanOrEqual(blockedAt + 699);
  });

  it("is killed by stop when a blocked loop does not see it", async () => {
    const child = await forkIt({ readyAfterMs: null });
    await child.reached("answering");
    child.send({ ready: true, block: 60_000 });
    await child.reached("ready");
    await child.stop();
    expect(await child.ended).toBeNull();
  });

  it("ends at once by SIGTERM", async () => {
    const child = await forkIt({ readyAfterMs: null });
    child.kill("SIGTERM");
    expect(await child.ended).toBeNull();
    await expect(child.reached("ready")).rejects.toThrow("SIGTERM");
  });

  it("fails with the reason for a bad plan, and for a port that is taken", async () => {
    await expect(forkIt({ httpPort: -1 })).rejects.toThrow("httpPort");
    const holder = await start();
    const child = await forkIt({ httpPort: httpPort(holder) });
    await expect(child.reached("bound")).rejects.toThrow("EADDRINUSE");
    expect(await child.ended).toBe(1);
  });
});
