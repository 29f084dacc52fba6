import type { BackoffBounds } from "../core/backoff.ts";
import type { GateState } from "../core/gate.ts";
import type { Look } from "../core/observation.ts";
import type { Clock } from "../core/ports.ts";
import { type Bell, newBell } from "./bell.ts";
import { type Doorbell, startDoorbell } from "./doorbell.ts";
import type { GateKeeper } from "./gate-keeper.ts";
import type { LookParts } from "./look-parts.ts";
import { newLooker } from "./looker.ts";
import { newResolver } from "./resolver.ts";
import { type Pace, watchTarget } from "./target-watcher.ts";
import { shareWakeUps } from "./wake-ups.ts";

/** What the watch works with. */
export interface WatchParts {
  readonly clock: Clock;
  readonly keeper: GateKeeper;
  readonly look: Omit<LookParts, "clock" | "resolver"> & { readonly isLocalHost: (host: string) => boolean };
  readonly backoff: BackoffBounds;
  readonly models: readonly string[];
  readonly random: () => number;
  /** Called for every look, after the state took it in. */
  readonly onLook: (target: string, look: Look) => void;
  /** The kernel's table of listening sockets cannot be read: back-off alone goes on. */
  readonly onNoTable: () => void;
}

/** Watches all targets of a gate. */
export interface Watch {
  /** Settles when every watcher has ended; rejects only for a bug. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** Between glances of the doorbell until the gate is open, and from then on. */
const TICK_STARTING_MS = 40;
const TICK_OPEN_MS = 1000;

export function startWatch(parts: WatchParts): Watch {
  const { clock, keeper } = parts;
  const { targets } = keeper.state();
  const aborter = new AbortController();
  const wakeUps = shareWakeUps(clock);
  const bells = new Map<string, Bell>(targets.map(({ target }) => [target.name, newBell(wakeUps)]));
  const local = targets.map(({ target }) => target).filter(({ host }) => parts.look.isLocalHost(host));
  const doorbell = startDoorbell({
    clock: wakeUps,
    table: parts.look.table,
    ports: [...new Set(local.map(({ port }) => port))],
    tickMs: () => (keeper.state().isOpen ? TICK_OPEN_MS : TICK_STARTING_MS),
    onNoTable: parts.onNoTable,
    onChange: (port, sockets) => {
      for (const target of local) {
        if (target.port !== port) continue;
        keeper.takeSockets(target.name, sockets);
        bells.get(target.name)?.ring();
      }
    },
  });
  const watchers = targets.map(({ target }) => {
    const bell = bells.get(target.name) ?? newBell(wakeUps);
    const looker = newLooker(target, { ...parts.look, clock, resolver: newResolver(clock) }, bell.ring);
    const { policy } = keeper.state();
    const watcher = {
      looker,
      bell,
      backoff: parts.backoff,
      random: parts.random,
      intervalMs: policy.intervalMs,
      probeTimeoutMs: policy.probeTimeoutMs,
      models: () => (keeper.state().openedAt === null ? parts.models : []),
      onLook: (look: Look) => takeLook(target.name, look, { parts, bells, doorbell }),
    };
    return watchTarget(watcher, aborter.signal);
  });
  const ended = Promise.all(watchers).then(() => {});
  return {
    ended,
    stop: () => {
      aborter.abort();
      doorbell.stop();
      for (const bell of bells.values()) bell.ring();
      return ended;
    },
  };
}

interface TakeParts {
  readonly parts: WatchParts;
  readonly bells: ReadonlyMap<string, Bell>;
  readonly doorbell: Doorbell;
}

function takeLook(name: string, look: Look, { parts, bells, doorbell }: TakeParts): Pace {
  const { keeper } = parts;
  const before = keeper.state();
  keeper.takeLook(name, look);
  parts.onLook(name, look);
  const after = keeper.state();
  if (before.isOpen !== after.isOpen) doorbell.retime();
  const isReady = isTargetReady(after, name);
  if (isReady && !isTargetReady(before, name)) ringOthers(after, name, bells);
  return isReady || after.isOpen ? "interval" : "retry";
}

/** A target that became ready makes the ones that are not look at once: one process often opens all its ports together. */
function ringOthers(state: GateState, name: string, bells: ReadonlyMap<string, Bell>): void {
  for (const { target, isReady } of state.targets) {
    if (target.name !== name && !isReady) bells.get(target.name)?.ring();
  }
}

function isTargetReady(state: GateState, name: string): boolean {
  return state.targets.find(({ target }) => target.name === name)?.isReady ?? false;
}
