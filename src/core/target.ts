/** How a target is asked. The `s` forms speak TLS. */
export type Scheme = "http" | "https" | "grpc" | "grpcs" | "tcp";

/**
 * What a gRPC target is asked.
 *
 * - `auto`: `ServerReady` of the Open Inference Protocol; on UNIMPLEMENTED `grpc.health.v1`, remembering which answered.
 * - `ServerReady`, `ServerLive`: that call of `inference.GRPCInferenceService`, and nothing else.
 * - `Health`: `grpc.health.v1.Health/Check` for `service` (empty for the whole server).
 */
export type GrpcQuestion =
  | { readonly ask: "auto" }
  | { readonly ask: "ServerReady" }
  | { readonly ask: "ServerLive" }
  | { readonly ask: "Health"; readonly service: string };

/** TLS options of an `https` or `grpcs` target, from its URL's query. */
export interface TlsOptions {
  /** Path of a PEM file with the certificate authorities to trust; null for the ones that Node.js ships. */
  readonly ca: string | null;
  /** Name to send by SNI and to verify the certificate against; null for the target's host. */
  readonly servername: string | null;
  /** Accept any certificate. */
  readonly insecure: boolean;
}

interface TargetBase {
  /** Unique; `[a-z0-9-]{1,40}`. */
  readonly name: string;
  /** The URL as it was configured. */
  readonly url: string;
  /** Host name or IP address, an IPv6 address without brackets. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  /** Whether the gate stays closed without it. */
  readonly required: boolean;
}

/** A target asked by `GET`. */
export interface HttpTarget extends TargetBase {
  readonly scheme: "http" | "https";
  /** Path and query of the request, beginning with a slash. */
  readonly path: string;
  readonly tls: TlsOptions | null;
}

/** A target asked by a gRPC call. */
export interface GrpcTarget extends TargetBase {
  readonly scheme: "grpc" | "grpcs";
  readonly question: GrpcQuestion;
  readonly tls: TlsOptions | null;
}

/** A target that only has to accept a TCP connection. */
export interface TcpTarget extends TargetBase {
  readonly scheme: "tcp";
}

/** One endpoint that must answer. */
export type Target = HttpTarget | GrpcTarget | TcpTarget;
