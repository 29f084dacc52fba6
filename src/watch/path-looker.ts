import { coveringSockets } from "../core/coverage.ts";
import type { ListeningSocket, PathLook } from "../core/observation.ts";
import type { Target } from "../core/target.ts";
import { isEphemeral } from "../kernel/ephemeral-range.ts";
import type { Explainer } from "./explainer.ts";
import type { LookParts } from "./look-parts.ts";
import { newPathSession, type PathSession, type SessionParts } from "./path-session.ts";

/** Every listening socket of the namespace; null where there is no table. */
export type Sockets = readonly ListeningSocket[] | null;

/** What a look may ask, and until when, on the monotonic clock. */
export interface Bounds {
  readonly models: readonly string[];
  readonly untilMs: number;
}

/** A path and the reading of the table that belongs to it. */
export interface PathReading {
  readonly path: PathLook;
  readonly sockets: Sockets;
}

/** Looks at the addresses of one target. */
export interface PathLooker {
  lookAt(address: string, bounds: Bounds): Promise<PathReading>;
  /** Forgets all other addresses. */
  keepOnly(addresses: readonly string[]): void;
}

export function newPathLooker(target: Target, parts: LookParts, onLateAnswer: () => void): PathLooker {
  const { clock, table } = parts;
  const sessions = new Map<string, PathSession>();
  const explainer: Explainer = parts.newExplainer(target.port);

  const sessionFor = (address: string): PathSession => {
    const session = sessions.get(address) ?? newPathSession(sessionParts(target, address, { parts, onLateAnswer }));
    sessions.set(address, session);
    return session;
  };
  const knock = (address: string, all: Sockets, { models, untilMs }: Bounds): Promise<PathLook> => {
    const sockets = all === null ? null : all.filter(({ port }) => port === target.port);
    const withinMs = Math.max(0, untilMs - clock.now().monotonicMs);
    return sessionFor(address).look({ sockets, models, withinMs });
  };
  const lookAt: PathLooker["lookAt"] = async (address, bounds) => {
    const explain = explainer.begin(address, bounds.untilMs - clock.now().monotonicMs);
    const before = table.current();
    const path = await knock(address, before, bounds);
    const after = contradicts(path, target.port, before) ? table.fresh() : table.current();
    const isSettled = !contradicts(path, target.port, before) && !contradicts(path, target.port, after);
    const isOver = clock.now().monotonicMs >= bounds.untilMs;
    if (isSettled || isOver || hasSameInodes(before, after)) return { path: await explain(path), sockets: after };
    // The server bound or closed its port while we knocked: knock once more, now that the table is fresh.
    const again = await knock(address, after, bounds);
    const sockets = table.current();
    return { path: await explain(again), sockets };
  };
  return {
    lookAt,
    keepOnly: (addresses) => {
      for (const [address, session] of sessions) {
        if (addresses.includes(address)) continue;
        session.close();
        sessions.delete(address);
      }
    },
  };
}

function sessionParts(
  target: Target,
  address: string,
  { parts, onLateAnswer }: { parts: LookParts; onLateAnswer: () => void },
): SessionParts {
  const { clock, table, ledger, ephemeralPorts, openProber, isLocalAddress } = parts;
  return {
    clock,
    table,
    ledger,
    target,
    address,
    onLateAnswer,
    prober: openProber(target, address),
    isLocal: isLocalAddress(address),
    isEphemeralPort: isEphemeral(ephemeralPorts, target.port),
  };
}

/** Whether what a connect showed and what the table shows do not go together. */
function contradicts(path: PathLook, port: number, all: Sockets): boolean {
  if (!path.isLocal || all === null || path.connect === null) return false;
  const isCovered = coveringSockets(path.address, all).some((socket) => socket.port === port);
  return path.connect.outcome === "ok" ? !isCovered : isCovered;
}

/** Whether two readings of the table show the same sockets. */
export function hasSameInodes(one: Sockets, other: Sockets): boolean {
  const inodes = (sockets: Sockets) => (sockets ?? []).map(({ inode }) => inode).join();
  return inodes(one) === inodes(other);
}
