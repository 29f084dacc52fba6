import type { DoorAddress } from "./front-door.ts";
import { answerGrpc } from "./grpc-answers.ts";
import { createGrpcServer } from "./grpc-server.ts";
import { answerHttp } from "./http-answers.ts";
import { createHttpServer } from "./http-server.ts";
import type { GrpcFault } from "./plan.ts";
import { createSide, type ServerWord, type Side } from "./side.ts";

/** How the gRPC side is to be. */
export interface GrpcSideOptions {
  readonly fault: GrpcFault | null;
  /** Whether `grpc.health.v1.Health` answers without a fault. */
  readonly hasHealthService: boolean;
}

/** The Open Inference Protocol over gRPC on one port, with a fault or without. */
export function createGrpcSide(address: DoorAddress, word: ServerWord, options: GrpcSideOptions): Side<GrpcFault> {
  const { hasHealthService } = options;
  return createSide<GrpcFault>({
    address,
    fault: options.fault,
    strangerFault: "http1",
    waitingFaults: ["silent", "settings-only"],
    speak: (state) => {
      const grpc = createGrpcServer(
        (call) => answerGrpc(call, word, { fault: state.fault(), hasHealthService }),
        state.receive,
      );
      const http = createHttpServer((question) => answerHttp(question, word), state.receive);
      return { native: grpc.take, stranger: http, close: grpc.close };
    },
  });
}
