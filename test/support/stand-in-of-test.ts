import { connect, type Server, type Socket } from "node:net";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import { onTestFinished } from "vitest";
import type { PhaseListener } from "../../src/stand-in/phases.ts";
import type { StandInPlanInput } from "../../src/stand-in/plan.ts";
import { type StandIn, startStandIn } from "../../src/stand-in/stand-in.ts";
import { ask as askFor, type HttpReply } from "./http-ask.ts";

/** `ready` as protobuf has it: field 1 set, and left out because it is false. */
export const TRUE = Buffer.from([0x08, 0x01]);
export const FALSE = Buffer.alloc(0);
export const READY = "inference.GRPCInferenceService/ServerReady";
export const CHECK = "grpc.health.v1.Health/Check";

/** A stand-in in this process, for the length of the test. */
export async function start(plan: StandInPlanInput = {}, onPhase?: PhaseListener): Promise<StandIn> {
  const standIn = await startStandIn(plan, onPhase);
  onTestFinished(() => standIn.close());
  return standIn;
}

/** The port it is bound to; throws when it is not. */
export function httpPort(standIn: Pick<StandIn, "ports">): number {
  const { http } = standIn.ports();
  if (http === null) {
    throw new Error("no HTTP port");
  }
  return http;
}

export function grpcPort(standIn: Pick<StandIn, "ports">): number {
  const { grpc } = standIn.ports();
  if (grpc === null) {
    throw new Error("no gRPC port");
  }
  return grpc;
}

/** Asks over HTTP, for readiness when nothing else is said. */
export function ask(port: number, path = "/v2/health/ready", method = "GET"): Promise<HttpReply> {
  return askFor(port, path, { method });
}

/** A client without a pool, a proxy or long delays; closed when the test ends. */
export function clientOf(port: number): Client {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_http_proxy": 0,
    "grpc.initial_reconnect_backoff_ms": 20,
    "grpc.max_reconnect_backoff_ms": 50,
  });
  onTestFinished(() => client.close());
  return client;
}

/** Messages go and come as bytes. */
export function callOn(client: Client, method: string, message: Buffer = FALSE, deadline = Date.now() + 5000) {
  return new Promise<Buffer>((resolve, reject) => {
    const asIs = (bytes: Buffer) => bytes;
    client.makeUnaryRequest(`/${method}`, asIs, asIs, message, { deadline }, (error, answer) =>
      error === null && answer !== undefined ? resolve(answer) : reject(error),
    );
  });
}

export function call(port: number, method: string, message?: Buffer): Promise<Buffer> {
  return callOn(clientOf(port), method, message);
}

/** The error that a call must end with. */
export async function statusOf(answer: Promise<Buffer>): Promise<Pick<ServiceError, "code" | "details">> {
  const error: unknown = await answer.then(
    (bytes) => Promise.reject(new Error(`answered ${bytes.toString("hex")}`)),
    (reason: unknown) => reason,
  );
  return error as ServiceError;
}

/** A message whose first field is a short text. */
export function field1(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x0a, text.length]), Buffer.from(text)]);
}

/** Opens a connection and sends `question`; collects what comes back. */
export async function open(
  port: number,
  question: string,
): Promise<{ socket: Socket; received(): Buffer; end: Promise<string> }> {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
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

/** Listens on a free port of loopback, and says which. */
export function listenAnywhere(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

export const GET_READY = "GET /v2/health/ready HTTP/1.1\r\nhost: x\r\n\r\n";

export const H2_PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
