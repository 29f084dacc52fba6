import { coveringSockets } from "../core/coverage.ts";
import type { ListeningSocket } from "../core/observation.ts";
import { byPort } from "../core/socket-order.ts";
import { parseListeningSockets } from "../kernel/socket-table.ts";
import { childrenOf, type Entry } from "./outline.ts";

/** One reading of the LISTEN rows, in the order of their ports. */
export interface SocketReading {
  readonly sockets: readonly ListeningSocket[];
  /** Whether these are all: no row was left out, and the table of IPv4 could be read. */
  readonly isComplete: boolean;
}

/** Reads an entry `rows`; the rows are those of `/proc/net/tcp` and `tcp6`, cut behind the inode. */
export function readSockets(entry: Entry): SocketReading {
  const table = childrenOf(entry, "table")[0]?.fields;
  const unread = table?.get("unread")?.split(",") ?? ["tcp"];
  const rows = childrenOf(entry, "row").map(({ rest }) => `${rest} \n`);
  const sockets = parseListeningSockets(rows.join(""));
  return {
    sockets: [...(sockets ?? [])].sort(byPort),
    // A kernel without IPv6 has no tcp6.
    isComplete: sockets !== null && table?.get("cut") === "0" && !unread.includes("tcp"),
  };
}

/**
 * Inodes of the sockets that may serve an address, the same in both readings; null when they changed, or when one of the
 * readings is not there or not complete.
 */
export function steadyInodes(
  address: string,
  before: SocketReading | null,
  after: SocketReading | null,
): readonly number[] | null {
  if (!(before?.isComplete && after?.isComplete)) return null;
  const [first, second] = [before, after].map(({ sockets }) =>
    coveringSockets(address, sockets)
      .map(({ inode }) => inode)
      .sort((a, b) => a - b),
  );
  return first !== undefined && first.join() === second?.join() ? first : null;
}
