import type { GateState, Transition } from "../core/gate.ts";
import type { Clock } from "../core/ports.ts";
import type { Snapshot } from "../core/snapshot.ts";

/** What the listeners may see of the gate. They read the last result; nothing they do causes a look. */
export interface GateView {
  readonly clock: Clock;
  state(): GateState;
  snapshot(): Snapshot;
  /** The recorded transitions, oldest first: a bounded number of the latest. */
  journal(): readonly Transition[];
  /** Calls back for each transition from now on; the returned function ends it. */
  subscribe(listener: (transition: Transition) => void): () => void;
}
