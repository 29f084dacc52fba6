import { connect, type Socket } from "node:net";
import type { ConnectOutcome, ConnectResult } from "../core/connect.ts";
import { startStopwatch } from "./stopwatch.ts";

/** Where to connect to. */
export interface Endpoint {
  /** An IP address in text, without brackets; never a name. */
  readonly address: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** A connection on its way. */
export interface TcpConnection {
  readonly socket: Socket;
  /** Never rejects; stays pending while the attempt does, and for ever when the socket is destroyed before. */
  readonly result: Promise<ConnectResult>;
}

/**
 * What each error of `connect(2)` is. `EINVAL` is a blackhole route and `ENOPROTOOPT` an ICMP "protocol unreachable";
 * what is missing here is taken for a limit of this process, which accuses nobody.
 */
const OUTCOMES: ReadonlyMap<string, ConnectOutcome> = new Map([
  ["ECONNREFUSED", "refused"],
  ["ETIMEDOUT", "timeout"],
  ["EHOSTUNREACH", "unreachable"],
  ["ENETUNREACH", "unreachable"],
  ["EHOSTDOWN", "unreachable"],
  ["ENETDOWN", "unreachable"],
  ["EINVAL", "unreachable"],
  ["ENOPROTOOPT", "unreachable"],
  ["EACCES", "denied"],
  ["EPERM", "denied"],
  ["EADDRNOTAVAIL", "unavailable"],
  ["EMFILE", "unavailable"],
  ["ENFILE", "unavailable"],
  ["ECONNRESET", "reset"],
  ["ECONNABORTED", "reset"],
]);

/** Sorts an error's name, such as `ECONNREFUSED`, by what it says about the connection. */
export function connectOutcome(errno: string): ConnectOutcome {
  return OUTCOMES.get(errno) ?? "unavailable";
}

/** Both ends of a TCP connection, as a socket reports them. */
export type SocketEnds = Pick<Socket, "localAddress" | "localPort" | "remoteAddress" | "remotePort">;

/**
 * Whether a connection reached itself: on Linux a connect to a closed port of the ephemeral range can be given that very
 * port as its own, and then succeeds (simultaneous open, RFC 9293 section 3.5).
 */
export function isSelfConnected(ends: SocketEnds): boolean {
  return ends.localPort === ends.remotePort && ends.localAddress === ends.remoteAddress;
}

/** What a connect comes to that failed with `errno`. */
export function failedConnect(errno: string, ms: number): ConnectResult {
  const outcome = connectOutcome(errno);
  return { outcome, errno, refusedBy: outcome === "refused" ? "unknown" : null, ms };
}

/**
 * Opens one TCP connection. It has no time-out of its own: whoever waits decides how long, and destroys the socket. A
 * connection to itself counts as refused, and is let go at once because it would keep the server from binding.
 */
export function connectTcp(endpoint: Endpoint): TcpConnection {
  const elapsedMs = startStopwatch();
  const socket = connect({ host: endpoint.address, port: endpoint.port, autoSelectFamily: false, noDelay: true });
  const result = new Promise<ConnectResult>((resolve) => {
    socket.once("connect", () => {
      if (!isSelfConnected(socket)) {
        resolve({ outcome: "ok", errno: null, refusedBy: null, ms: elapsedMs() });
        return;
      }
      socket.destroy();
      resolve(failedConnect("ECONNREFUSED", elapsedMs()));
    });
    // The listener stays for good: an error after the connect must find one until the socket has its user's own.
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(failedConnect(error.code ?? "UNKNOWN", elapsedMs())));
  });
  return { socket, result };
}
