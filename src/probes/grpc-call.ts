import {
  type Client,
  connectivityState,
  Metadata,
  type MethodDefinition,
  type ServiceError,
  status,
} from "@grpc/grpc-js";

/** A call that did not end with status OK. */
export interface CallFailure {
  readonly isOk: false;
  /** Name of the gRPC status, such as `UNAVAILABLE`. */
  readonly status: string;
  readonly details: string;
  /**
   * Whether the server said so. Otherwise grpc-js made the status up, out of an HTTP/2 error or a lost connection.
   */
  readonly isServersWord: boolean;
  /** Whether what answered over HTTP/2 called its answer something other than gRPC. */
  readonly isForeign: boolean;
  /** The error's name where the call had no connection because its connect failed; null otherwise. */
  readonly connectErrno: string | null;
}

/** How one call ended. */
export type CallResult<Response> = { readonly isOk: true; readonly response: Response } | CallFailure;

/**
 * Texts of grpc-js 1.14 for statuses that it makes up after the response's headers, when the stream ended without the
 * server's status. Without headers every status with a server behind it brings metadata, and a made-up one brings none.
 */
const MADE_UP =
  /^(?:Received RST_STREAM with code|Stream refused by server$|Connection dropped$|Call cancelled$|Bandwidth exhausted|Protocol not secure enough$|No connection established|read E|write E)/;

/** What grpc-js 1.14 says of a call without a connection, around the text of Node.js for a connect that failed. */
const FAILED_CONNECT = /^No connection established\. Last error: Error: connect (E[A-Z0-9]+)\b/;

/** What grpc-js says when a server breaks the rule of one response a call; it uses UNIMPLEMENTED for that. */
const MALFORMED = /^(?:Too many responses received|No message received)/;

function contentType(metadata: Metadata | null): string {
  return String(metadata?.get("content-type")[0] ?? "");
}

function failureOf(error: ServiceError, headers: Metadata | null): CallFailure {
  const hasTrailers = Object.keys(error.metadata.getMap()).length > 0;
  const type = contentType(headers) || contentType(error.metadata);
  const isMapped = error.details.startsWith("Received HTTP status code");
  const isMalformed = MALFORMED.test(error.details);
  return {
    isOk: false,
    status: isMalformed ? "INTERNAL" : (status[error.code] ?? "UNKNOWN"),
    details: error.details,
    isServersWord: hasTrailers || (headers !== null && !MADE_UP.test(error.details)),
    isForeign: type !== "" && !type.startsWith("application/grpc") && !isMapped,
    connectErrno: FAILED_CONNECT.exec(error.details)?.[1] ?? null,
  };
}

/** What a call over a closed channel comes to; grpc-js would throw. */
const SHUT_DOWN: CallFailure = {
  isOk: false,
  status: "UNAVAILABLE",
  details: "Channel closed",
  isServersWord: false,
  isForeign: false,
  connectErrno: null,
};

/** Makes one unary call without a deadline. Never rejects; pending while the server is silent and not cancelled. */
export function callUnary<Request, Response>(
  client: Client,
  call: { readonly method: MethodDefinition<Request, Response>; readonly request: Request },
  signal: AbortSignal,
): Promise<CallResult<Response>> {
  const { path, requestSerialize, responseDeserialize } = call.method;
  if (signal.aborted || client.getChannel().getConnectivityState(false) === connectivityState.SHUTDOWN) {
    return Promise.resolve(SHUT_DOWN);
  }
  return new Promise((resolve) => {
    let headers: Metadata | null = null;
    const pending = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      call.request,
      new Metadata(),
      (error, response) => {
        signal.removeEventListener("abort", cancel);
        if (error === null) {
          resolve({ isOk: true, response: response as Response });
          return;
        }
        resolve(failureOf(error, headers));
      },
    );
    const cancel = (): void => pending.cancel();
    pending.on("metadata", (metadata) => {
      headers = metadata;
    });
    signal.addEventListener("abort", cancel, { once: true });
  });
}
