import { status } from "@grpc/grpc-js";
import { decodeStringField1, encodeSmallField1 } from "./grpc-wire.ts";
import type { GrpcFault } from "./plan.ts";
import type { ServerWord } from "./side.ts";

const INFERENCE = "inference.GRPCInferenceService";

/** `grpc.health.v1.HealthCheckResponse.ServingStatus`. */
const SERVING = 1;
const NOT_SERVING = 2;

/** The calls that a stand-in knows, by full method name. */
export const GRPC_METHODS = [
  `/${INFERENCE}/ServerLive`,
  `/${INFERENCE}/ServerReady`,
  `/${INFERENCE}/ModelReady`,
  "/grpc.health.v1.Health/Check",
] as const;

/** A call and its request message. */
export interface GrpcCall {
  readonly method: (typeof GRPC_METHODS)[number];
  readonly request: Buffer;
}

/** A response message, or a status that is an error. */
export type GrpcAnswer =
  | { readonly isOk: true; readonly message: Buffer }
  | { readonly isOk: false; readonly code: status; readonly details: string };

/** How the server is set up at the moment of a call. */
export interface GrpcManners {
  readonly fault: GrpcFault | null;
  readonly hasHealthService: boolean;
}

function say(value: boolean | number): GrpcAnswer {
  return { isOk: true, message: encodeSmallField1(value) };
}

function fail(code: status, details: string): GrpcAnswer {
  return { isOk: false, code, details };
}

/** grpcio's words for a method that nobody registered. */
const UNIMPLEMENTED = fail(status.UNIMPLEMENTED, "Method not found!");

function answerModelReady(name: string, word: ServerWord): GrpcAnswer {
  const isReady = word.isModelReady(name);
  // MLServer's health calls do not map its own errors, so this one surfaces as UNKNOWN and not as NOT_FOUND.
  return isReady === undefined
    ? fail(status.UNKNOWN, `Unexpected <class 'mlserver.errors.ModelNotFound'>: Model ${name} not found`)
    : say(isReady);
}

function answerHealth(service: string, isServing: boolean): GrpcAnswer {
  if (service !== "" && service !== INFERENCE) {
    return fail(status.NOT_FOUND, "unknown service");
  }
  return say(isServing ? SERVING : NOT_SERVING);
}

function answerInference(call: GrpcCall, word: ServerWord): GrpcAnswer {
  switch (call.method) {
    case "/inference.GRPCInferenceService/ServerLive":
      return say(true);
    case "/inference.GRPCInferenceService/ServerReady":
      return say(word.isReady());
    case "/inference.GRPCInferenceService/ModelReady":
      return answerModelReady(decodeStringField1(call.request), word);
    default:
      return UNIMPLEMENTED;
  }
}

/**
 * The answer that MLServer 1.7 gives, or the one that the fault prescribes.
 *
 * @throws RangeError when the request is not a message.
 */
export function answerGrpc(call: GrpcCall, word: ServerWord, manners: GrpcManners): GrpcAnswer {
  const { fault } = manners;
  if (fault === "unimplemented") {
    return UNIMPLEMENTED;
  }
  if (fault === "internal") {
    return fail(status.INTERNAL, "a fault of the stand-in");
  }
  const isHealthOnly = fault === "unknown-only-health" || fault === "not-serving";
  if (call.method === "/grpc.health.v1.Health/Check") {
    return isHealthOnly || manners.hasHealthService
      ? answerHealth(decodeStringField1(call.request), fault !== "not-serving" && word.isReady())
      : UNIMPLEMENTED;
  }
  return isHealthOnly ? UNIMPLEMENTED : answerInference(call, word);
}
