import type { HealthCheckResponse } from "../proto/services.ts";
import type { CallFailure, CallResult } from "./grpc-call.ts";
import { publishable } from "./message.ts";
import type { Word } from "./word.ts";

/** What `ready` or `live` of the Open Inference Protocol says. */
export function wordOfFlag(isTrue: boolean): Word {
  return { kind: isTrue ? "ready" : "not-ready", code: "GRPC_OK", message: "" };
}

/** What a state of `grpc.health.v1` says; a state that is new to us is not readiness. */
export function wordOfHealth({ status }: HealthCheckResponse): Word {
  switch (status) {
    case "SERVING":
      return { kind: "ready", code: status, message: "" };
    case "SERVICE_UNKNOWN":
      return { kind: "no-such-endpoint", code: status, message: "" };
    case "NOT_SERVING":
      return { kind: "not-ready", code: status, message: "" };
    default:
      return { kind: "not-ready", code: "UNKNOWN", message: "" };
  }
}

/** Whether the server answered that it does not know the method. */
export function isUnimplemented(result: CallResult<unknown>): boolean {
  return !result.isOk && result.isServersWord && !result.isForeign && result.status === "UNIMPLEMENTED";
}

/** What a failed call says, or null when the server did not say it: the connection failed under the call. */
export function wordOfFailure(failure: CallFailure): Word | null {
  const message = publishable(failure.details);
  if (failure.isForeign) {
    return { kind: "wrong-protocol", code: "HTTP2_NOT_GRPC", message: "speaks HTTP/2, but not gRPC" };
  }
  if (!failure.isServersWord) {
    return null;
  }
  const kind = failure.status === "UNIMPLEMENTED" ? "no-such-endpoint" : "error";
  return { kind, code: `GRPC_${failure.status}`, message };
}

/** As {@link wordOfFailure}, for the health service: NOT_FOUND means that it does not know the service asked for. */
export function wordOfHealthFailure(failure: CallFailure): Word | null {
  const word = wordOfFailure(failure);
  return word?.code === "GRPC_NOT_FOUND" ? { ...word, kind: "no-such-endpoint" } : word;
}
