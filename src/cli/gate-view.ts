import type { LoopbackState } from "../core/loopback.ts";
import { type Surroundings, snapshotOf } from "../core/snapshot.ts";
import { readNetworkNamespace } from "../kernel/network-namespace.ts";
import { readOwnSockets } from "../kernel/own-sockets.ts";
import { keepRecentTransitions } from "../record/recent-transitions.ts";
import type { GateView } from "../serve/view.ts";
import { PROC_ROOT, type RunningGate } from "./compose.ts";

/** What changes about the gate's surroundings while it runs; the view reads it at each snapshot. */
export interface SurroundingsSoFar {
  /** What is wrong with the gate itself. */
  readonly warnings: string[];
  loopback: { readonly ipv4: LoopbackState | null; readonly ipv6: LoopbackState | null };
}

const TRANSITIONS_KEPT = 256;

/** The view that the listeners get of a running gate. */
export function viewOf(gate: RunningGate, sofar: SurroundingsSoFar): GateView {
  const recent = keepRecentTransitions(TRANSITIONS_KEPT);
  gate.subscribe(recent.add);
  const netns = readNetworkNamespace(PROC_ROOT);
  return {
    clock: gate.clock,
    state: gate.state,
    snapshot: () => snapshotOf(gate.state(), surroundings(gate, sofar, netns), gate.clock.now()),
    journal: recent.list,
    subscribe: gate.subscribe,
  };
}

function surroundings(gate: RunningGate, sofar: SurroundingsSoFar, netns: number | null): Surroundings {
  const sockets = gate.table.current();
  const own = readOwnSockets(PROC_ROOT);
  const listeners = (sockets ?? []).map(({ address, port, uid, inode }) => {
    return { address, port, uid, own: own.has(inode) };
  });
  const isProven = listeners.some(({ own }) => own);
  return {
    netns,
    loopback: sofar.loopback,
    listeners,
    evidenceSources: {
      // A table in which the gate finds its own listener tells of this network namespace.
      listenTable: sockets === null ? "absent" : isProven ? "proven" : "unproven",
      resetCounters: "unproven",
      icmpCounters: "unproven",
    },
    findings: [],
    warnings: sofar.warnings,
  };
}
