import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceError,
  type sendUnaryData,
  type status,
  type UntypedHandleCall,
} from "@grpc/grpc-js";
import { onTestFinished } from "vitest";
import { healthServiceDefinition, inferenceServiceDefinition } from "../../src/proto/services.ts";
import type { Certificate } from "./raw-servers.ts";

type UnaryCall = ServerUnaryCall<Record<string, unknown>, object>;

/** What a call gets: a message, a status, or nothing (the call is held for the test to end). */
export type CallReply = object | { readonly code: status; readonly details: string } | null;

/** Replies by method; a method without one is not served. */
type CallReplies = Readonly<Record<string, (request: Record<string, unknown>) => CallReply>>;

/** A gRPC server of grpc-js. */
export interface GrpcTestServer {
  readonly port: number;
  /** Names of the methods that were called, in order. */
  readonly calls: readonly string[];
  readonly server: Server;
}

function isStatus(reply: object): reply is Pick<ServiceError, "code" | "details"> {
  return "code" in reply && "details" in reply;
}

function handlers(replies: CallReplies, calls: string[]): Record<string, UntypedHandleCall> {
  return Object.fromEntries(
    Object.entries(replies).map(([name, reply]) => [
      name,
      (call: UnaryCall, send: sendUnaryData<object>) => {
        calls.push(name);
        const result = reply(call.request);
        if (result !== null) {
          isStatus(result) ? send(result) : send(null, result);
        }
      },
    ]),
  );
}

/** What {@link startGrpcServer} serves. */
export interface GrpcTestServices {
  readonly inference?: CallReplies;
  readonly health?: CallReplies;
  readonly certificate?: Certificate;
  readonly address?: string;
}

/** Serves the given calls until the end of the test; everything else is UNIMPLEMENTED. */
export async function startGrpcServer(services: GrpcTestServices): Promise<GrpcTestServer> {
  // With channelz off, grpc-js 1.14 forgets its sessions, and forceShutdown leaves them open.
  const server = new Server();
  const calls: string[] = [];
  if (services.inference !== undefined) {
    server.addService(inferenceServiceDefinition, handlers(services.inference, calls));
  }
  if (services.health !== undefined) {
    server.addService(healthServiceDefinition, handlers(services.health, calls));
  }
  const { certificate, address = "127.0.0.1:0" } = services;
  const credentials =
    certificate === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [{ private_key: certificate.key, cert_chain: certificate.cert }]);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, credentials, (error, bound) => (error === null ? resolve(bound) : reject(error)));
  });
  onTestFinished(() => server.forceShutdown());
  return { port, calls, server };
}

/** A reply by a status other than OK. */
export function failWith(code: status, details = ""): () => CallReply {
  return () => ({ code, details });
}
