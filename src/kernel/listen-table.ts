import type { ListeningSocket } from "../core/observation.ts";
import { openProcFile, type ProcFile } from "./proc-file.ts";
import { parseInUse, type SocketCounts } from "./socket-counts.ts";
import { hasAllListeningSockets, parseListeningSockets } from "./socket-table.ts";

/** The listening sockets of this network namespace. */
export interface ListenTable {
  /**
   * The sockets, from the last reading when the kernel's counts are the same as then and it is younger than a second,
   * else read anew; null where there is no table. A close and a bind between two readings leave the counts equal, which
   * is why a reading does not last. Where connections come and go all the time the counts move at every call: readings
   * are then spaced so that they take at most a twenty-fifth of a core.
   */
  current(): readonly ListeningSocket[] | null;
  /** The sockets, read anew: some milliseconds of CPU, since the kernel walks its whole hash table for each family. */
  fresh(): readonly ListeningSocket[] | null;
  /** Whether `current` would read anew. Some 20 microseconds. */
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
  /** How long the reading took. */
  readonly tookMs: number;
}

const READING_LASTS_MS = 1000;
/** Time between readings, in multiples of what one takes. */
const SPACING = 25;

/** Opens the table under a `/proc` of the caller's choice; `nowMs` is a monotonic clock in milliseconds. */
export function openListenTable(procRoot: string, nowMs: () => number): ListenTable {
  const ipv4 = familyOf(`${procRoot}/net/tcp`, `${procRoot}/net/sockstat`);
  const ipv6 = familyOf(`${procRoot}/net/tcp6`, `${procRoot}/net/sockstat6`);
  let last: Reading | null = null;

  const counts = (): SocketCounts => ({ ipv4: countOf(ipv4), ipv6: countOf(ipv6) });
  const isCurrent = (reading: Reading, now: SocketCounts) => {
    const ageMs = nowMs() - reading.atMs;
    const isSame = now.ipv4 !== null && reading.counts.ipv4 === now.ipv4 && reading.counts.ipv6 === now.ipv6;
    return isSame ? ageMs < READING_LASTS_MS : ageMs < reading.tookMs * SPACING;
  };
  const read = (before: SocketCounts): Reading => {
    const startedMs = nowMs();
    const four = socketsOf(ipv4);
    const six = socketsOf(ipv6);
    const atMs = nowMs();
    // A kernel without IPv6 has no tcp6; without tcp there is no table at all.
    const sockets = four === null ? null : [...four, ...(six ?? [])];
    last = { counts: before, sockets, atMs, tookMs: atMs - startedMs };
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
