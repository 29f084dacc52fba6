import type { Socket } from "node:net";
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from "@grpc/grpc-js";
import { GRPC_METHODS, type GrpcAnswer, type GrpcCall } from "./grpc-answers.ts";
import type { Question } from "./side.ts";

function asIs(bytes: Buffer): Buffer {
  return bytes;
}

function send(answer: GrpcAnswer, callback: sendUnaryData<Buffer>): void {
  if (answer.isOk) {
    callback(null, answer.message);
  } else {
    callback({ code: answer.code, details: answer.details });
  }
}

/** A gRPC server without a port of its own: `take` gives it a connection. */
export function createGrpcServer(
  answerTo: (call: GrpcCall) => GrpcAnswer,
  receive: (question: Question) => void,
): { take(socket: Socket): void; close(): void } {
  const server = new Server({ "grpc.enable_channelz": 0 });
  for (const method of GRPC_METHODS) {
    const handle = (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
      const answer = () => {
        try {
          send(answerTo({ method, request: call.request }), callback);
        } catch (error) {
          callback({ code: status.INTERNAL, details: `Error deserializing request: ${String(error)}` });
        }
      };
      receive({ answer, onGone: (forget) => call.once("cancelled", forget) });
    };
    server.register(method, handle, asIs, asIs, "unary");
  }
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  return { take: (socket) => injector.injectConnection(socket), close: () => server.forceShutdown() };
}
