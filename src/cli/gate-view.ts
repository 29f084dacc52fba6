import type { LoopbackState } from "../core/loopback.ts";
import { type Surroundings, snapshotOf } from "../core/snapshot.ts";
import { readNetworkNamespace } from "../kernel/network-namespace.ts";
import { keepRecentTransitions } from "../record/recent-transitions.ts";
import type { GateView } from "../serve/view.ts";
import type { ListenAddress } from "../settings/settings.ts";
import { PROC_ROOT, type RunningGate } from "./compose.ts";

/** What changes about the gate's surroundings while it runs; the view reads it at each snapshot. */
export interface SurroundingsSoFar {
  /** What is wrong with the gate itself. */
  readonly warnings: string[];
  /** Addresses that the gate's own listeners are bound to. */
  readonly ownListeners: { readonly address: string; readonly port: number }[];
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
  const listeners = (sockets ?? []).map(({ address, port, uid }) => {
    return { address, port, uid, own: isOwn({ host: address, port }, sofar) };
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

function isOwn(address: ListenAddress, { ownListeners }: SurroundingsSoFar): boolean {
  return ownListeners.some((own) => own.port === address.port && own.address === address.host);
}
