import { type CounterSources, rememberSources, UNPROVEN_COUNTERS } from "../core/evidence-sources.ts";
import type { Loopback } from "../core/loopback-memory.ts";
import { type Surroundings, snapshotOf } from "../core/snapshot.ts";
import type { TargetState } from "../core/target-state.ts";
import { readNetworkNamespace } from "../kernel/network-namespace.ts";
import { readOwnSockets } from "../kernel/own-sockets.ts";
import { keepRecentTransitions } from "../record/recent-transitions.ts";
import type { GateView } from "../serve/view.ts";
import { PROC_ROOT, type RunningGate } from "./compose.ts";
import type { FindingsKeeper } from "./findings-keeper.ts";

/** What changes about the gate's surroundings while it runs; the view reads it at each snapshot. */
export interface SurroundingsSoFar {
  /** What is wrong with the gate itself. */
  readonly warnings: string[];
  loopback: Loopback;
  /** Absent: nothing is looked for. */
  findings?: FindingsKeeper;
}

const TRANSITIONS_KEPT = 256;

/** The view that the listeners get of a running gate. */
export function viewOf(gate: RunningGate, sofar: SurroundingsSoFar): GateView {
  const recent = keepRecentTransitions(TRANSITIONS_KEPT);
  gate.subscribe(recent.add);
  const netns = readNetworkNamespace(PROC_ROOT);
  let counters = UNPROVEN_COUNTERS;
  gate.subscribe((transition) => {
    if (transition.kind === "target") counters = rememberSources(counters, transition.look);
  });
  const surroundings = () => surroundingsOf(gate, sofar, { netns, counters });
  return {
    clock: gate.clock,
    state: gate.state,
    snapshot: () => snapshotOf(gate.state(), surroundings(), gate.clock.now()),
    journal: recent.list,
    subscribe: gate.subscribe,
  };
}

interface Found {
  readonly netns: number | null;
  readonly counters: CounterSources;
}

function surroundingsOf(gate: RunningGate, sofar: SurroundingsSoFar, { netns, counters }: Found): Surroundings {
  const sockets = gate.table.current();
  const own = readOwnSockets(PROC_ROOT);
  const listeners = (sockets ?? []).map(({ address, port, uid, inode }) => {
    return { address, port, uid, own: own.has(inode) };
  });
  // A table in which the gate finds a socket of its own tells of this network namespace.
  const isProven = listeners.some((one) => one.own) || gate.state().targets.some(isTableProven);
  return {
    netns,
    loopback: sofar.loopback,
    // On a node's own network they are everybody's.
    listeners: sofar.findings?.isHostNetwork() ? [] : listeners,
    evidenceSources: { listenTable: sockets === null ? "absent" : isProven ? "proven" : "unproven", ...counters },
    findings: sofar.findings?.list() ?? [],
    warnings: sofar.warnings,
  };
}

function isTableProven({ lastLook }: TargetState): boolean {
  return lastLook?.listen.isKnown === true && lastLook.listen.isProven;
}
