import type { Moment } from "../core/moment.ts";
import type { ListenEvidence, Look, PathLook, Resolution } from "../core/observation.ts";
import type { Target } from "../core/target.ts";
import { canonicalAddress } from "../kernel/addresses.ts";
import { isLookupErrno } from "./connect-errors.ts";
import { type Entry, wholeField } from "./outline.ts";
import { readMoment } from "./read-moment.ts";
import { type PathEntries, readPath } from "./read-path.ts";
import { readSockets } from "./read-sockets.ts";

/** What a look is read with. */
export interface LookContext {
  readonly target: Target;
  /** When the capture began: dates what the file does not. */
  readonly at: Moment;
  readonly isLocal: (address: string) => boolean;
  /** Ports of the namespace on which something listens, ascending. */
  readonly listeningPorts: readonly number[];
}

const OTHER_PORTS_LIMIT = 32;

/** Reads what the script saw of one target: the entries between its `target` and the next. */
export function readLook(entries: readonly Entry[], context: LookContext): Look {
  const began = momentOf(entries, "began") ?? context.at;
  const ended = entries.findLast(({ word }) => word === "ended");
  const seen = pathsOf(entries).map((path) => readPath(path, { ...context, began }));
  const resolution = resolutionOf(seen);
  const paths = seen.filter(({ connect }) => !isLookupErrno(connect?.errno ?? null));
  return {
    began,
    ended: momentOf(entries, "ended") ?? began,
    stalledMs: Math.round((ended === undefined ? 0 : (wholeField(ended, "stalled-us") ?? 0)) / 1000),
    resolution,
    listen: listenOf(entries, paths, context),
    paths,
  };
}

function momentOf(entries: readonly Entry[], word: string): Moment | null {
  const entry = entries.find((candidate) => candidate.word === word);
  return entry === undefined ? null : readMoment(entry);
}

/** Each `path` with the entries up to the next, the reading of the table at the end of the look left out. */
function pathsOf(entries: readonly Entry[]): readonly PathEntries[] {
  const starts = entries.flatMap(({ word }, index) => (word === "path" ? [index] : []));
  return starts.map((start, index) => {
    const part = entries.slice(start, starts[index + 1]);
    const address = part[0]?.fields.get("address") ?? "";
    return {
      address: canonicalAddress(address) ?? address,
      role: part[0]?.fields.get("role") === "target" ? "target" : "evidence",
      entries: part.filter(({ word, fields }) => word !== "rows" || fields.get("when") !== "end"),
    };
  });
}

function resolutionOf(paths: readonly PathLook[]): Resolution {
  const errnos = paths.filter(({ role }) => role === "target").map(({ connect }) => connect?.errno ?? null);
  const failed = errnos.find(isLookupErrno);
  return failed === undefined ? { isResolved: true } : { isResolved: false, code: failed };
}

function listenOf(entries: readonly Entry[], paths: readonly PathLook[], context: LookContext): ListenEvidence {
  const asked = paths.filter(({ role }) => role === "target");
  if (asked.length > 0 && asked.every(({ isLocal }) => !isLocal)) return { isKnown: false, reason: "remote" };
  const entry = entries.findLast(({ word }) => word === "rows");
  const reading = entry === undefined ? null : readSockets(entry);
  const { port } = context.target;
  const sockets = reading?.sockets.filter((socket) => socket.port === port) ?? [];
  // A reading that is not complete still shows the sockets that it shows, but not that there are none.
  if (!reading?.isComplete && sockets.length === 0) return { isKnown: false, reason: "no-table" };
  return {
    isKnown: true,
    sockets,
    // bash holds no listening socket of its own that the table could show.
    isProven: false,
    otherPorts: context.listeningPorts.filter((other) => other !== port).slice(0, OTHER_PORTS_LIMIT),
  };
}
