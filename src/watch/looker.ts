import { coveringSockets } from "../core/coverage.ts";
import type { ListenEvidence, ListeningSocket, Look, PathLook } from "../core/observation.ts";
import type { Clock } from "../core/ports.ts";
import type { Target } from "../core/target.ts";
import type { PortRange } from "../kernel/ephemeral-range.ts";
import type { ListenTable } from "../kernel/listen-table.ts";
import type { Prober } from "../probes/prober.ts";
import type { AcceptLedger } from "./accept-ledger.ts";
import { newPathSession, type PathSession } from "./path-session.ts";
import type { Resolver } from "./resolver.ts";
import { startStallMeter } from "./stall-meter.ts";

/** What looks are taken with; shared by all targets but the resolver. */
export interface LookParts {
  readonly clock: Clock;
  readonly table: ListenTable;
  readonly ledger: AcceptLedger;
  readonly resolver: Resolver;
  readonly ephemeralPorts: PortRange | null;
  readonly openProber: (target: Target, address: string) => Prober;
  readonly isLocalAddress: (address: string) => boolean;
}

/** Takes looks at one target, one at a time. */
export interface Looker {
  /** One look, bounded by `withinMs` for all its layers together. Never rejects for what the target does. */
  look(models: readonly string[], withinMs: number): Promise<Look>;
  close(): void;
}

/** Every listening socket of the namespace; null where there is no table. */
type Sockets = readonly ListeningSocket[] | null;

interface Bounds {
  readonly models: readonly string[];
  readonly untilMs: number;
}

/** A path and the reading of the table that belongs to it. */
interface PathWithSockets {
  readonly path: PathLook;
  readonly sockets: Sockets;
}

const OTHER_PORTS_LIMIT = 32;

export function newLooker(target: Target, parts: LookParts, onLateAnswer: () => void): Looker {
  const { clock, table, resolver } = parts;
  const sessions = new Map<string, PathSession>();

  const sessionFor = (address: string): PathSession => {
    const session = sessions.get(address) ?? newPathSession(sessionParts(target, address, { parts, onLateAnswer }));
    sessions.set(address, session);
    return session;
  };
  const keepOnly = (addresses: readonly string[]) => {
    for (const [address, session] of sessions) {
      if (addresses.includes(address)) continue;
      session.close();
      sessions.delete(address);
    }
  };
  const knock = (address: string, all: Sockets, { models, untilMs }: Bounds): Promise<PathLook> => {
    const sockets = all === null ? null : all.filter(({ port }) => port === target.port);
    const withinMs = Math.max(0, untilMs - clock.now().monotonicMs);
    return sessionFor(address).look({ sockets, models, withinMs });
  };
  const lookAtPath = async (address: string, bounds: Bounds): Promise<PathWithSockets> => {
    const before = table.current();
    const path = await knock(address, before, bounds);
    const after = contradicts(path, target.port, before) ? table.fresh() : table.current();
    const isSettled = !contradicts(path, target.port, before) && !contradicts(path, target.port, after);
    if (isSettled || hasSameInodes(before, after)) return { path, sockets: after };
    // The server bound or closed its port while we knocked: knock once more, now that the table is fresh.
    return { path: await knock(address, after, bounds), sockets: table.current() };
  };
  const look: Looker["look"] = async (models, withinMs) => {
    const began = clock.now();
    const untilMs = began.monotonicMs + withinMs;
    const stopMeter = startStallMeter(clock);
    const { resolution, addresses } = await resolver.resolve(target.host, withinMs);
    if (resolution.isResolved) keepOnly(addresses);
    const seen = await Promise.all(addresses.map((address) => lookAtPath(address, { models, untilMs })));
    const paths = seen.map(({ path }) => path);
    const listen = listenEvidence(paths, target.port, seen.at(-1)?.sockets ?? table.current());
    return { began, ended: clock.now(), stalledMs: Math.round(stopMeter()), resolution, listen, paths };
  };
  return { look, close: () => keepOnly([]) };
}

function sessionParts(
  target: Target,
  address: string,
  { parts, onLateAnswer }: { parts: LookParts; onLateAnswer: () => void },
) {
  const { clock, table, ledger, ephemeralPorts: range, openProber, isLocalAddress } = parts;
  return {
    clock,
    table,
    ledger,
    target,
    address,
    onLateAnswer,
    prober: openProber(target, address),
    isLocal: isLocalAddress(address),
    isEphemeralPort: range !== null && target.port >= range.first && target.port <= range.last,
  };
}

/** Whether what a connect showed and what the table shows do not go together. */
function contradicts(path: PathLook, port: number, all: Sockets): boolean {
  if (!path.isLocal || all === null || path.connect === null) return false;
  const isCovered = coveringSockets(path.address, all).some((socket) => socket.port === port);
  return path.connect.outcome === "ok" ? !isCovered : isCovered;
}

function hasSameInodes(before: Sockets, after: Sockets): boolean {
  const inodes = (sockets: Sockets) => (sockets ?? []).map(({ inode }) => inode).join();
  return inodes(before) === inodes(after);
}

function listenEvidence(paths: readonly PathLook[], port: number, all: Sockets): ListenEvidence {
  if (paths.length > 0 && paths.every(({ isLocal }) => !isLocal)) return { isKnown: false, reason: "remote" };
  if (all === null) return { isKnown: false, reason: "no-table" };
  const others = new Set(all.filter((socket) => socket.port !== port).map((socket) => socket.port));
  const otherPorts = [...others].sort((a, b) => a - b).slice(0, OTHER_PORTS_LIMIT);
  return { isKnown: true, sockets: all.filter((socket) => socket.port === port), otherPorts };
}
