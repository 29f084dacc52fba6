import type { DoorAddress } from "./front-door.ts";
import { answerGrpc } from "./grpc-answers.ts";
import { createGrpcServer } from "./grpc-server.ts";
import { answerHttp, faultyAnswer } from "./http-answers.ts";
import { createHttpServer } from "./http-server.ts";
import type { HttpFault } from "./plan.ts";
import { createSide, type ServerWord, type Side } from "./side.ts";

/** The V2 protocol over HTTP on one port, with a fault or without. */
export function createHttpSide(address: DoorAddress, word: ServerWord, fault: HttpFault | null): Side<HttpFault> {
  return createSide<HttpFault>({
    address,
    fault,
    strangerFault: "http2",
    waitingFaults: ["silent"],
    speak: (state) => {
      const grpc = createGrpcServer(
        (call) => answerGrpc(call, word, { fault: null, hasHealthService: false }),
        state.receive,
      );
      const native = createHttpServer(
        (question) => faultyAnswer(state.fault(), question.path) ?? answerHttp(question, word),
        state.receive,
      );
      return { native, stranger: grpc.take, close: grpc.close };
    },
  });
}
