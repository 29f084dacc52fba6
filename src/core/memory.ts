import { coveringSockets } from "./coverage.ts";
import { type Moment, millisecondsBetween, momentAfter } from "./moment.ts";
import type { Answer, Layer, ListeningSocket, Look, PathLook } from "./observation.ts";

/** A listening socket and since when it has been seen. */
export interface BoundSocket extends ListeningSocket {
  readonly since: Moment;
}

/** When each thing first happened to a target; null: not yet. `lost` and `back` are the latest. */
export interface Timeline {
  readonly firstProbe: Moment | null;
  readonly listening: Moment | null;
  readonly connected: Moment | null;
  readonly answered: Moment | null;
  readonly ready: Moment | null;
  readonly lost: Moment | null;
  readonly back: Moment | null;
}

/** The last thing that went wrong with a target. */
export interface LastError {
  readonly at: Moment;
  readonly layer: Layer;
  readonly code: string;
  readonly message: string;
}

/** All that a target's past looks leave behind; with the next look it decides the verdict. */
export interface Memory {
  readonly timeline: Timeline;
  /** Sockets on the port at the last reading of the LISTEN table; empty when none, or when there is no table. */
  readonly sockets: readonly BoundSocket[];
  /** Inodes of the last sockets that were seen on the port, kept after they are gone; empty before the first. */
  readonly lastInodes: readonly number[];
  /** Whether the server has answered since its present socket was bound. */
  readonly hasAnsweredFromSocket: boolean;
  /** How often the listening socket was replaced by another. */
  readonly restarts: number;
  /** When, latest last; at most {@link RESTARTS_KEPT}. */
  readonly restartedAt: readonly Moment[];
  /**
   * Since when every look connected although the table, which shows the gate's own sockets, showed none for the address;
   * null when the last one did not.
   */
  readonly uncoveredSince: Moment | null;
  /** Looks that were evidence. */
  readonly attempts: number;
  /** Errors by code; at most {@link ERROR_CODES_KEPT} codes, the rest under `OTHER`. */
  readonly errors: Readonly<Record<string, number>>;
  readonly lastError: LastError | null;
}

/** How long a look takes at most whose connection was closed at once. */
const CLOSED_AT_ONCE_MS = 50;

export const RESTARTS_KEPT = 16;
export const ERROR_CODES_KEPT = 24;

export const NO_MEMORY: Memory = {
  timeline: { firstProbe: null, listening: null, connected: null, answered: null, ready: null, lost: null, back: null },
  sockets: [],
  lastInodes: [],
  hasAnsweredFromSocket: false,
  restarts: 0,
  restartedAt: [],
  uncoveredSince: null,
  attempts: 0,
  errors: {},
  lastError: null,
};

/** Kinds of answers that show a server speaking the target's protocol. */
const ANSWERED_KINDS: ReadonlySet<Answer["kind"]> = new Set([
  "ready",
  "not-ready",
  "other",
  "no-such-endpoint",
  "error",
]);

/** Whether the server itself spoke in the target's protocol, whatever it said. */
export function isAnswered(path: PathLook): boolean {
  return path.answer !== null && ANSWERED_KINDS.has(path.answer.kind);
}

/** Whether earlier connections wait to be accepted: not those of another address in the same queue, where this one fails. */
export function isWaitingForAccept({ skipped, connect }: PathLook): boolean {
  const outcome = connect?.outcome ?? "ok";
  return skipped === "accept-queue" && (outcome === "ok" || outcome === "timeout");
}

/** Takes in a reading of the LISTEN table: the sockets on the target's port. */
export function rememberSockets(memory: Memory, sockets: readonly ListeningSocket[], at: Moment): Memory {
  const known = new Map(memory.sockets.map((socket) => [socket.inode, socket.since]));
  const bound = sockets.map((socket) => ({ ...socket, since: known.get(socket.inode) ?? at }));
  if (bound.length === 0) return { ...memory, sockets: bound, hasAnsweredFromSocket: false };
  const inodes = bound.map((socket) => socket.inode);
  const isReplaced = memory.lastInodes.length > 0 && !inodes.some((inode) => memory.lastInodes.includes(inode));
  return {
    ...memory,
    sockets: bound,
    uncoveredSince: null,
    lastInodes: inodes,
    hasAnsweredFromSocket: memory.hasAnsweredFromSocket && !isReplaced,
    restarts: memory.restarts + (isReplaced ? 1 : 0),
    restartedAt: isReplaced ? [...memory.restartedAt, at].slice(-RESTARTS_KEPT) : memory.restartedAt,
    timeline: { ...memory.timeline, listening: memory.timeline.listening ?? at },
  };
}

/** Takes in what the LISTEN table said at a look, which reads it last of all. */
export function rememberListening(memory: Memory, { listen, ended }: Look): Memory {
  if (!listen.isKnown) return memory;
  // Whether its sockets serve the address that was connected to is for the look to tell.
  return { ...rememberSockets(memory, listen.sockets, ended), uncoveredSince: memory.uncoveredSince };
}

/** Takes in one look that is evidence. The verdict of a look is told with the memory from before it. */
export function rememberLook(memory: Memory, look: Look): Memory {
  const withSockets = rememberListening(memory, look);
  const paths = look.paths.filter((path) => path.role === "target");
  const error = errorOf(look, paths);
  return {
    ...withSockets,
    hasAnsweredFromSocket: answeredFromSocket(withSockets, look, paths),
    uncoveredSince: isUncovered(look, paths) ? (withSockets.uncoveredSince ?? look.began) : null,
    attempts: memory.attempts + 1,
    timeline: advance(withSockets.timeline, look, paths),
    errors: error === null ? memory.errors : countError(memory.errors, error.code),
    lastError: error ?? memory.lastError,
  };
}

function advance(timeline: Timeline, look: Look, paths: readonly PathLook[]): Timeline {
  return {
    ...timeline,
    firstProbe: timeline.firstProbe ?? look.began,
    connected: timeline.connected ?? connectedAt(look, paths, timeline.listening),
    answered: timeline.answered ?? (paths.some(isAnswered) ? look.ended : null),
    ready: timeline.ready ?? (paths.some(isReadyPath) ? look.ended : null),
  };
}

/**
 * When a connect succeeded: a silent server lets the look go on long after that. Never before the port was seen bound,
 * which the doorbell may notice a tick later than the connect.
 */
function connectedAt(look: Look, paths: readonly PathLook[], listening: Moment | null): Moment | null {
  const { began, ended } = look;
  const delays = paths.flatMap(({ connect }) => (connect?.outcome === "ok" ? [connect.ms] : []));
  if (delays.length === 0) return null;
  const at = momentAfter(began, Math.min(...delays, millisecondsBetween(began, ended)));
  return listening !== null && millisecondsBetween(at, listening) > 0 ? listening : at;
}

/** Whether a look connected to a local address for which the table shows no socket. */
function isUncovered(look: Look, paths: readonly PathLook[]): boolean {
  return paths.some((path) => isUncoveredPath(path, look));
}

/**
 * Whether a connect succeeded although the table, read at the end of the look and known to show the gate's own sockets,
 * shows none that serves the address. A connection that closed late tells nothing: its server may have ended just then.
 */
export function isUncoveredPath({ address, isLocal, connect, skipped, answer }: PathLook, look: Look): boolean {
  const { listen } = look;
  if (!isLocal || connect?.outcome !== "ok" || skipped !== null) return false;
  if (!listen.isKnown || !listen.isProven || coveringSockets(address, listen.sockets).length > 0) return false;
  return answer?.kind !== "closed" || millisecondsBetween(look.began, look.ended) <= CLOSED_AT_ONCE_MS;
}

function isReadyPath(path: PathLook): boolean {
  return path.answer?.kind === "ready" && path.answer.modelsPending.length === 0;
}

function answeredFromSocket(memory: Memory, look: Look, paths: readonly PathLook[]): boolean {
  if (paths.some(isAnswered)) return true;
  // Without a LISTEN table a refusal is the only sign that the socket which had answered is gone.
  const isTold = look.listen.isKnown || paths.length === 0;
  const isRefused = !isTold && paths.every((path) => path.connect?.outcome === "refused");
  return memory.hasAnsweredFromSocket && !isRefused;
}

/** The deepest error of a look that is not ready on any path; null when there is none. */
function errorOf(look: Look, paths: readonly PathLook[]): LastError | null {
  if (!look.resolution.isResolved) {
    return { at: look.ended, layer: "resolve", code: look.resolution.code, message: "the host name does not resolve" };
  }
  if (paths.some(isReadyPath)) return null;
  const answer = paths.find((path) => path.answer !== null)?.answer;
  if (answer) {
    const layer = answer.kind === "not-ready" || answer.kind === "ready" ? "readiness" : "protocol";
    return { at: look.ended, layer, code: answer.code, message: answer.message };
  }
  const failed = paths.find((path) => path.connect !== null && path.connect.outcome !== "ok");
  if (!failed?.connect) return null;
  const code = failed.connect.errno ?? failed.connect.outcome;
  return { at: look.ended, layer: "connect", code, message: `connect to ${failed.address}: ${failed.connect.outcome}` };
}

function countError(errors: Memory["errors"], code: string): Memory["errors"] {
  const isKept = Object.hasOwn(errors, code) || Object.keys(errors).length < ERROR_CODES_KEPT;
  const key = isKept ? code : "OTHER";
  const count = Object.hasOwn(errors, key) ? (errors[key] ?? 0) : 0;
  return { ...errors, [key]: count + 1 };
}
