import { hostPort, SOCKETS_SHOWN } from "./evidence.ts";
import type { Facts } from "./facts.ts";
import { isReachedOverIpv6, isWildcardDoubtful } from "./signs.ts";

/** Says that a socket listens, where it does. */
export function beside({ covering }: Facts): string {
  return covering.length > 0 ? ", though a socket listens there" : "";
}

/** The answer's code; empty without an answer. */
export function code({ path }: Facts): string {
  return path.answer?.code ?? "";
}

/** A stream of HTTP/2 may be reset alone: the connection goes on. */
export function ended({ path }: Facts): string {
  return path.answer?.code.startsWith("GRPC_") ? "call" : "connection";
}

/** What ended the connection. */
export function closedBy({ path }: Facts): string {
  return path.answer?.code ?? path.connect?.errno ?? "closed";
}

/** How a server is silent. */
export function silence({ path }: Facts): string {
  return path.answer?.code === "SETTINGS_ONLY"
    ? "accepts and sends its HTTP/2 SETTINGS, but answers no call (a busy event loop)"
    : "accepts connections, but does not answer";
}

/** Where the port is bound. */
export function boundOn({ sockets, target }: Facts): string {
  const places = new Set((sockets ?? []).map((socket) => hostPort(socket.address, target.port)));
  return [...places]
    .sort((a, b) => (a < b ? -1 : 1))
    .slice(0, SOCKETS_SHOWN)
    .join(" and ");
}

/** What may keep a socket from an address that its row covers; the LISTEN table does not show it (ipv6(7), socket(7)). */
export function boundFor(facts: Facts): string {
  if (!isWildcardDoubtful(facts)) return "(perhaps for one device alone)";
  return isReachedOverIpv6(facts) ? "for IPv6 alone" : "(perhaps for IPv6 or one device alone)";
}

/** What the connect came to, when that decides nothing. */
export function undecided(facts: Facts): string {
  const { connect } = facts.path;
  return connect === null ? "not tried in this look" : `connect ended with ${connect.outcome}${beside(facts)}`;
}

/** The address and port that the path leads to. */
export function place({ path, target }: Facts): string {
  return hostPort(path.address, target.port);
}
