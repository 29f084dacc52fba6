import type { ListeningSocket } from "../core/observation.ts";
import { byPort } from "../core/socket-order.ts";
import { openProcFile, type ProcFile } from "./proc-file.ts";
import { parseInUse } from "./socket-counts.ts";
import { hasAllListeningSockets, parseListeningSockets } from "./socket-table.ts";

/** The listening sockets of this network namespace, in the order of their ports. */
export interface ListenTable {
  /**
   * The sockets, of each family from the last reading when the kernel's count is the same as then and it is younger than
   * a second, else read anew; null where there is no table, or a longer one than is read whole. A close and a bind
   * between two readings leave the counts equal, which is why a reading does not last. Where connections come and go all the time the counts move at every call: readings
   * are then spaced, by 25 times what one takes and by 60 ms at most.
   */
  current(): readonly ListeningSocket[] | null;
  /** The sockets, read anew: some milliseconds of CPU, since the kernel walks its whole hash table for each family. */
  fresh(): readonly ListeningSocket[] | null;
  /** Whether `current` would read anew. Some 20 microseconds. */
  isOutdated(): boolean;
  close(): void;
}

/** What is read of one address family. */
interface Family {
  current(): readonly ListeningSocket[] | null;
  fresh(): readonly ListeningSocket[] | null;
  isOutdated(): boolean;
  close(): void;
}

interface Reading {
  /** Sockets in use at the time; null where that is not told. */
  readonly count: number | null;
  readonly sockets: readonly ListeningSocket[] | null;
  readonly atMs: number;
  /** How long the reading took. */
  readonly tookMs: number;
}

const READING_LASTS_MS = 1000;
/** Time between readings, in multiples of what one takes. */
const SPACING = 25;
/**
 * The most that they are spaced by: a reading in which the process lost its core seems to have taken tens of
 * milliseconds, and a bind would go unseen for a second.
 */
const SPACED_AT_MOST_MS = 60;

/** Opens the table under a `/proc` of the caller's choice; `nowMs` is a monotonic clock in milliseconds. */
export function openListenTable(procRoot: string, nowMs: () => number): ListenTable {
  const ipv4 = openFamily(`${procRoot}/net`, { table: "tcp", counts: "sockstat", whenAbsent: null }, nowMs);
  // A kernel without IPv6 has no tcp6.
  const ipv6 = openFamily(`${procRoot}/net`, { table: "tcp6", counts: "sockstat6", whenAbsent: NO_SOCKETS }, nowMs);
  const both = newMerge();
  return {
    current: () => both(ipv4.current(), ipv6.current()),
    fresh: () => both(ipv4.fresh(), ipv6.fresh()),
    isOutdated: () => ipv4.isOutdated() || ipv6.isOutdated(),
    close: () => {
      ipv4.close();
      ipv6.close();
    },
  };
}

type Sockets = readonly ListeningSocket[] | null;

/** Always the same one, so that it does not look like another reading. */
const NO_SOCKETS: Sockets = [];

/**
 * Puts the families together, anew only when one of them was read anew. Without all of both there is no table: a socket
 * of IPv6 may serve IPv4 too.
 */
function newMerge(): (ipv4: Sockets, ipv6: Sockets) => Sockets {
  let last: { readonly ipv4: Sockets; readonly ipv6: Sockets; readonly merged: Sockets } | null = null;
  return (ipv4, ipv6) => {
    if (last?.ipv4 !== ipv4 || last.ipv6 !== ipv6) {
      last = { ipv4, ipv6, merged: mergeOf(ipv4, ipv6) };
    }
    return last.merged;
  };
}

function mergeOf(ipv4: Sockets, ipv6: Sockets): Sockets {
  return ipv4 === null || ipv6 === null ? null : [...ipv4, ...ipv6].sort(byPort);
}

/** The files of one family, and what a table that is not there means. */
interface FamilyFiles {
  readonly table: string;
  readonly counts: string;
  readonly whenAbsent: Sockets;
}

function openFamily(folder: string, files: FamilyFiles, nowMs: () => number): Family {
  const table = openProcFile(`${folder}/${files.table}`);
  const counts = openProcFile(`${folder}/${files.counts}`);
  let last: Reading | null = null;

  const isOutdated = () => last === null || !isCurrent(last, countOf(counts), nowMs());
  const fresh = () => {
    const startedMs = nowMs();
    const count = countOf(counts);
    const sockets = socketsOf(table, files.whenAbsent);
    const atMs = nowMs();
    last = { count, sockets, atMs, tookMs: atMs - startedMs };
    return sockets;
  };
  return {
    current: () => (last === null || isOutdated() ? fresh() : last.sockets),
    fresh,
    isOutdated,
    close: () => {
      table.close();
      counts.close();
    },
  };
}

function isCurrent(reading: Reading, count: number | null, nowMs: number): boolean {
  const ageMs = nowMs - reading.atMs;
  const isSame = count !== null && count === reading.count;
  return ageMs < (isSame ? READING_LASTS_MS : Math.min(reading.tookMs * SPACING, SPACED_AT_MOST_MS));
}

function countOf(file: ProcFile): number | null {
  const text = file.read(() => true);
  return text === null ? null : parseInUse(text);
}

function socketsOf(file: ProcFile, whenAbsent: Sockets): Sockets {
  const text = file.read(hasAllListeningSockets);
  return text === null ? whenAbsent : parseListeningSockets(text);
}
