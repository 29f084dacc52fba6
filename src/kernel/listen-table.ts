import type { ListeningSocket } from "../core/observation.ts";
import { openProcFile, type ProcFile } from "./proc-file.ts";
import { parseInUse, type SocketCounts } from "./socket-counts.ts";
import { hasAllListeningSockets, parseListeningSockets } from "./socket-table.ts";

/** The listening sockets of this network namespace. */
export interface ListenTable {
  /**
   * The sockets, from the last reading when the kernel's counts are the same as then and it is younger than a second,
   * else read anew; null where there is no table. A close and a bind between two readings leave the counts equal, which
   * is why a reading does not last.
   */
  current(): readonly ListeningSocket[] | null;
  /** The sockets, read anew: some milliseconds of CPU, since the kernel walks its whole hash table for each family. */
  fresh(): readonly ListeningSocket[] | null;
  /** Whether the counts moved since the last reading, or it is older than a second. Some 20 microseconds. */
  isOutdated(): boolean;
  close(): void;
}

interface Family {
  readonly table: ProcFile;
  readonly count: ProcFile;
}

interface Reading {
  readonly counts: SocketCounts;
  readonly sockets: readonly ListeningSocket[] | null;
  readonly atMs: number;
}

const READING_LASTS_MS = 1000;

/** Opens the table under a `/proc` of the caller's choice; `nowMs` is a monotonic clock in milliseconds. */
export function openListenTable(procRoot: string, nowMs: () => number): ListenTable {
  const ipv4 = familyOf(`${procRoot}/net/tcp`, `${procRoot}/net/sockstat`);
  const ipv6 = familyOf(`${procRoot}/net/tcp6`, `${procRoot}/net/sockstat6`);
  let last: Reading | null = null;

  const counts = (): SocketCounts => ({ ipv4: countOf(ipv4), ipv6: countOf(ipv6) });
  const isCurrent = (reading: Reading, now: SocketCounts) =>
    now.ipv4 !== null &&
    reading.counts.ipv4 === now.ipv4 &&
    reading.counts.ipv6 === now.ipv6 &&
    nowMs() - reading.atMs < READING_LASTS_MS;
  const read = (before: SocketCounts): Reading => {
    const four = socketsOf(ipv4);
    const six = socketsOf(ipv6);
    // A kernel without IPv6 has no tcp6; without tcp there is no table at all.
    last = { counts: before, sockets: four === null ? null : [...four, ...(six ?? [])], atMs: nowMs() };
    return last;
  };
  return {
    current: () => {
      const now = counts();
      return last !== null && isCurrent(last, now) ? last.sockets : read(now).sockets;
    },
    fresh: () => read(counts()).sockets,
    isOutdated: () => last === null || !isCurrent(last, counts()),
    close: () => {
      for (const file of [ipv4.table, ipv4.count, ipv6.table, ipv6.count]) file.close();
    },
  };
}

function familyOf(table: string, count: string): Family {
  return { table: openProcFile(table), count: openProcFile(count) };
}

function countOf(family: Family): number | null {
  const text = family.count.read(() => true);
  return text === null ? null : parseInUse(text);
}

function socketsOf(family: Family): readonly ListeningSocket[] | null {
  const text = family.table.read(hasAllListeningSockets);
  return text === null ? null : parseListeningSockets(text);
}
