import { type GateState, newGate, onLook, onSockets, onStop, type Step, type Transition } from "../core/gate.ts";
import type { ListeningSocket, Look } from "../core/observation.ts";
import type { GatePolicy } from "../core/policy.ts";
import type { Clock } from "../core/ports.ts";
import type { Target } from "../core/target.ts";

/** Holds the one state of the gate, and tells what changed. */
export interface GateKeeper {
  state(): GateState;
  takeLook(target: string, look: Look): void;
  /** Takes in the sockets on the target's port, read between looks. */
  takeSockets(target: string, sockets: readonly ListeningSocket[]): void;
  beginStop(): void;
  /** Calls back for each transition from now on; the returned function ends it. */
  subscribe(listener: (transition: Transition) => void): () => void;
}

export function newGateKeeper(targets: readonly Target[], policy: GatePolicy, clock: Clock): GateKeeper {
  return keepGate(newGate(targets, policy, clock.now()), clock);
}

/** Holds a gate from a state on that is already known. */
export function keepGate(initial: GateState, clock: Clock): GateKeeper {
  let state = initial;
  const listeners = new Set<(transition: Transition) => void>();
  const apply = (step: Step) => {
    state = step.state;
    for (const transition of step.transitions) {
      for (const listener of listeners) listener(transition);
    }
  };
  return {
    state: () => state,
    takeLook: (target, look) => apply(onLook(state, target, look)),
    takeSockets: (target, sockets) => {
      state = onSockets(state, target, { sockets, at: clock.now() });
    },
    beginStop: () => apply(onStop(state, clock.now())),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
