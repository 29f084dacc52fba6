import type { ListenEvidence, ListeningSocket, Look, PathLook } from "../core/observation.ts";
import type { Target } from "../core/target.ts";
import { newEvidencePaths } from "./evidence-paths.ts";
import type { LookParts } from "./look-parts.ts";
import { hasSameInodes, newPathLooker, type Sockets } from "./path-looker.ts";
import { startStallMeter } from "./stall-meter.ts";

/** Takes looks at one target, one at a time. */
export interface Looker {
  /**
   * One look, bounded by `withinMs` for all its layers together, and some milliseconds for the proof of a failed
   * connect and for other addresses of the pod. Never rejects for what the target does.
   */
  look(models: readonly string[], withinMs: number): Promise<Look>;
  close(): void;
}

const OTHER_PORTS_LIMIT = 32;

export function newLooker(target: Target, parts: LookParts, onLateAnswer: () => void): Looker {
  const { clock, table, resolver } = parts;
  const { lookAt, keepOnly } = newPathLooker(target, parts, onLateAnswer);
  const evidencePaths = newEvidencePaths(target, parts);
  let read: Reading = { sockets: [], foreign: [] };

  const listenEvidence = (paths: readonly PathLook[], sockets: Sockets): ListenEvidence => {
    if (paths.length > 0 && paths.every(({ isLocal }) => !isLocal)) return { isKnown: false, reason: "remote" };
    if (sockets === null) return { isKnown: false, reason: "no-table" };
    if (!hasSameInodes(sockets, read.sockets)) read = { sockets, foreign: foreignSockets(sockets, parts) };
    const onPort = sockets.filter(({ port }) => port === target.port);
    const others = otherPorts(read, target.port);
    return { isKnown: true, sockets: onPort, isProven: parts.isTableProven(), otherPorts: others };
  };
  const look: Looker["look"] = async (models, withinMs) => {
    const began = clock.now();
    const stopMeter = startStallMeter(clock);
    const { resolution, addresses } = await resolver.resolve(target.host, withinMs);
    if (resolution.isResolved) keepOnly(addresses);
    let latest: Sockets = addresses.length === 0 ? table.current() : null;
    const lookAtOne = async (address: string) => {
      const { path, sockets } = await lookAt(address, { models, untilMs: began.monotonicMs + withinMs });
      // The reading of the path that ended last is the newest.
      latest = sockets;
      return path;
    };
    const paths = await Promise.all(addresses.map(lookAtOne));
    const listen = listenEvidence(paths, latest);
    const all = [...paths, ...(await evidencePaths.beside(paths, latest))];
    return { began, ended: clock.now(), stalledMs: Math.round(stopMeter()), resolution, listen, paths: all };
  };
  return { look, close: () => keepOnly([]) };
}

/** A reading of the table, and those of its sockets that are not the gate's own. */
interface Reading {
  readonly sockets: Sockets;
  readonly foreign: readonly ListeningSocket[];
}

/**
 * The sockets that others than the gate hold. A canary or a control that has been closed since the table was read is no
 * longer among the gate's own, which is why only those count that are still there.
 */
function foreignSockets(
  sockets: readonly ListeningSocket[],
  { ownSockets, table }: LookParts,
): readonly ListeningSocket[] {
  const own = ownSockets();
  const foreign = sockets.filter(({ inode }) => !own.has(inode));
  const inodes = new Set((foreign.length === 0 ? [] : table.fresh())?.map(({ inode }) => inode));
  return foreign.filter(({ inode }) => inodes.has(inode));
}

/** Ports on which others than the gate itself listen, ascending. */
function otherPorts({ foreign }: Reading, port: number): readonly number[] {
  const others = foreign.filter((socket) => socket.port !== port);
  return [...new Set(others.map((socket) => socket.port))].sort((a, b) => a - b).slice(0, OTHER_PORTS_LIMIT);
}
