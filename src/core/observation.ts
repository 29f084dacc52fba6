import type { ConnectResult } from "./connect.ts";
import type { Moment } from "./moment.ts";
import type { Proof } from "./proof.ts";

/** One listening socket, as a LISTEN row of `/proc/net/tcp` or `/proc/net/tcp6` shows it. */
export interface ListeningSocket {
  /** Bound address in canonical text (RFC 5952); `0.0.0.0` and `::` are wildcards. */
  readonly address: string;
  readonly port: number;
  /** Inode of the socket: another one on the same port means that the port was bound anew. */
  readonly inode: number;
  /** User id that owns the socket, in the reader's user namespace. */
  readonly uid: number;
  /** Connections that are established and wait to be accepted (`rx_queue` of a LISTEN row). */
  readonly acceptQueue: number;
}

/**
 * What came back over an established connection.
 *
 * - `ready`, `not-ready`: the server's own word.
 * - `other`: a well-formed HTTP answer that says neither (301, 401, 429, …).
 * - `no-such-endpoint`: HTTP 404 or 405, gRPC UNIMPLEMENTED, an unknown health service.
 * - `error`: HTTP 5xx other than 503, a gRPC status that is an error, headers over the limit.
 * - `wrong-protocol`: bytes of another protocol.
 * - `tls`: TLS on one side only, or a certificate that does not verify.
 * - `unasked`: the gate could not ask, since it cannot read a file that the question needs.
 * - `closed`: the connection ended, by FIN or reset, before an answer.
 * - `silence`: nothing within the deadline; the question may still be out.
 */
export type AnswerKind =
  | "ready"
  | "not-ready"
  | "other"
  | "no-such-endpoint"
  | "error"
  | "wrong-protocol"
  | "tls"
  | "unasked"
  | "closed"
  | "silence";

/** One answer, or its absence. */
export interface Answer {
  readonly kind: AnswerKind;
  /**
   * A bounded, stable code: `HTTP_400`, `GRPC_OK`, `GRPC_INTERNAL`, `SERVING`, `NOT_SERVING`, `TCP_CONNECTED`, an errno,
   * a parser's code (`HPE_INVALID_CONSTANT`), `DEADLINE`, or `SETTINGS_ONLY` (the HTTP/2 preface came, the call's answer
   * did not).
   */
  readonly code: string;
  /** What was asked, for people: `GET /v2/health/ready`, `inference.GRPCInferenceService/ServerReady`. */
  readonly asked: string;
  /** The server's own words or what was received: one line, at most 200 characters, without times; may be empty. */
  readonly message: string;
  /** Milliseconds from the question to the answer, or until now for a silence. */
  readonly ms: number;
  /** Models that were asked for and are not ready, by name; empty when none was asked for. */
  readonly modelsPending: readonly string[];
}

/** Why a path was not connected to in this look; what it shows is then from the last look that did, if any. */
export type ConnectSkip =
  /** The table shows no socket for the address, and a connect was refused a moment ago. */
  | "not-listening"
  /** The port lies in the ephemeral range and nothing listens: a connect could reach itself (docs/architecture.md). */
  | "ephemeral-port"
  /** Our own earlier connections still wait in the server's accept queue. */
  | "accept-queue"
  /** An evidence path: it is tried now and then, and was a moment ago. */
  | "recent";

/** What one look saw of one address. */
export interface PathLook {
  /** Canonical text of the address. */
  readonly address: string;
  /** `target`: an address that the host stands for; `evidence`: another address of the pod, which never makes it ready. */
  readonly role: "target" | "evidence";
  /** Whether the address belongs to this network namespace: only then the LISTEN table speaks of it. */
  readonly isLocal: boolean;
  readonly connect: ConnectResult | null;
  /** Set when this look did not try: `connect` and `answer` are then from an earlier one, or null. */
  readonly skipped: ConnectSkip | null;
  readonly answer: Answer | null;
  /** What was gathered to explain a failed connect; null when nothing was. */
  readonly proof: Proof | null;
}

/** What the LISTEN table said at the end of the look, or why it says nothing. */
export type ListenEvidence =
  | { readonly isKnown: false; readonly reason: "no-table" | "remote" }
  | {
      readonly isKnown: true;
      /** Sockets on the target's port, any address. */
      readonly sockets: readonly ListeningSocket[];
      /** Whether the gate has found a socket of its own in the table: on some kernels it is there and empty. */
      readonly isProven: boolean;
      /** Ports of the namespace on which something else listens, ascending, at most 32. */
      readonly otherPorts: readonly number[];
    };

/** How the target's host became addresses. */
export type Resolution =
  | { readonly isResolved: true }
  | { readonly isResolved: false /** `ENOTFOUND`, `EAI_AGAIN`, `DEADLINE`. */; readonly code: string };

/** One look at one target, at every layer. Plain data: it is recorded as it is and replayed from the record. */
export interface Look {
  readonly began: Moment;
  readonly ended: Moment;
  /** How late the gate's own event loop ran during the look, in milliseconds: a stalled look is no evidence. */
  readonly stalledMs: number;
  readonly resolution: Resolution;
  readonly listen: ListenEvidence;
  readonly paths: readonly PathLook[];
}

/** A layer of a look, as errors and latencies name it. */
export type Layer = "resolve" | "connect" | "protocol" | "readiness";
