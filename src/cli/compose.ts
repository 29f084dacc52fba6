import { type GateState, newGate, type Transition } from "../core/gate.ts";
import type { Moment } from "../core/moment.ts";
import type { ListeningSocket, Look } from "../core/observation.ts";
import type { Clock } from "../core/ports.ts";
import { openCounters } from "../kernel/counters.ts";
import { readEphemeralPorts } from "../kernel/ephemeral-range.ts";
import { evidenceAddresses } from "../kernel/interfaces.ts";
import { type ListenTable, openListenTable } from "../kernel/listen-table.ts";
import { isLocalAddress, isLocalHost } from "../kernel/local-addresses.ts";
import { readOwnSockets } from "../kernel/own-sockets.ts";
import { openProber } from "../probes/open-prober.ts";
import type { Settings } from "../settings/settings.ts";
import { newAcceptLedger } from "../watch/accept-ledger.ts";
import { keepGate } from "../watch/gate-keeper.ts";
import { systemClock } from "../watch/system-clock.ts";
import { startWatch } from "../watch/watch.ts";
import { explainers, knock, proveTable } from "./prove.ts";
import { VERSION } from "./version.ts";

export const PROC_ROOT = "/proc";

/** What a gate tells while it watches. */
export interface GateListener {
  readonly onTransition?: (transition: Transition) => void;
  readonly onLook?: (target: string, look: Look) => void;
  readonly onNoTable?: () => void;
}

/** Gives the state to go on from, told what is there at the start; null: begin anew. */
export type Restore = (present: {
  readonly now: Moment;
  readonly sockets: readonly ListeningSocket[] | null;
}) => GateState | null;

/** A gate that watches its targets; it serves nothing. */
export interface RunningGate {
  readonly clock: Clock;
  readonly table: ListenTable;
  state(): GateState;
  subscribe(listener: (transition: Transition) => void): () => void;
  /** Sets the phase `stopping`; the watch goes on. */
  beginStop(): void;
  /** Ends the watch and releases what it holds. */
  stop(): Promise<void>;
}

/** Puts a gate together from its settings and starts it: the one place that knows all the parts. */
export function startGate(settings: Settings, listener: GateListener, restore?: Restore): RunningGate {
  const clock = systemClock;
  const table = openListenTable(PROC_ROOT, () => clock.now().monotonicMs);
  const now = clock.now();
  const past = restore?.({ now, sockets: table.current() });
  const keeper = keepGate(past ?? newGate(settings.targets, settings.policy, now), clock);
  if (listener.onTransition) keeper.subscribe(listener.onTransition);
  const counters = openCounters(PROC_ROOT);
  const ledger = newAcceptLedger();
  let isTableProven = false;
  void proveTable(table).then((isProven) => {
    isTableProven = isProven;
  });
  const watch = startWatch({
    clock,
    keeper,
    look: {
      table,
      ledger,
      newExplainer: explainers({ procRoot: PROC_ROOT, clock, table, counters, ledger }),
      isTableProven: () => isTableProven,
      ownSockets: () => readOwnSockets(PROC_ROOT),
      ephemeralPorts: readEphemeralPorts(PROC_ROOT),
      openProber: (target, address) => openProber({ target, address, version: VERSION }),
      isLocalAddress,
      isLocalHost,
      evidence: { addresses: () => evidenceAddresses(settings.podIps), knock },
    },
    backoff: { minMs: settings.backoffMinMs, maxMs: settings.backoffMaxMs },
    models: settings.models,
    random: Math.random,
    onLook: (target, look) => listener.onLook?.(target, look),
    onNoTable: () => listener.onNoTable?.(),
  });
  return {
    clock,
    table,
    state: keeper.state,
    subscribe: keeper.subscribe,
    beginStop: keeper.beginStop,
    stop: async () => {
      await watch.stop();
      table.close();
      counters.close();
    },
  };
}
