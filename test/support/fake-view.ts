import { type GateState, newGate, onLook, type Transition } from "../../src/core/gate.ts";
import type { Moment } from "../../src/core/moment.ts";
import type { Look } from "../../src/core/observation.ts";
import type { GatePolicy } from "../../src/core/policy.ts";
import type { Clock } from "../../src/core/ports.ts";
import { type Snapshot, type Surroundings, snapshotOf } from "../../src/core/snapshot.ts";
import type { Target } from "../../src/core/target.ts";
import type { GateView } from "../../src/serve/view.ts";
import { grpcTarget, httpTarget, moment, POLICY, rcloneTarget } from "./looks.ts";

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  /** Moves on, and calls back what falls due on the way, in its order. */
  advance(ms: number): void;
}

/** Makes a clock that stands at the given number of milliseconds after the gate's start. */
export function manualClock(atMs = 0): ManualClock {
  let nowMs = atMs;
  let timers: readonly { readonly dueMs: number; readonly callback: () => void }[] = [];
  return {
    now: () => moment(nowMs),
    after: (ms, callback) => {
      const timer = { dueMs: nowMs + ms, callback };
      timers = [...timers, timer];
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
    advance: (ms) => {
      const endMs = nowMs + ms;
      for (;;) {
        const [next] = timers.filter(({ dueMs }) => dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs);
        if (next === undefined) break;
        timers = timers.filter((one) => one !== next);
        nowMs = next.dueMs;
        next.callback();
      }
      nowMs = endMs;
    },
  };
}

/** A gate that is moved by hand, by the same functions that move a real one. */
export interface FakeView extends GateView {
  readonly clock: ManualClock;
  /** Takes in a look as if it had just ended. */
  look(name: string, look: Look): void;
  /** Records a transition and tells it, without a look. */
  publish(transition: Transition): void;
  /** Listeners that are subscribed. */
  subscribers(): number;
}

/** What a fake view is made of. */
export interface FakeViewOptions {
  readonly targets?: readonly Target[];
  readonly policy?: Partial<GatePolicy>;
  readonly surroundings?: Partial<Surroundings>;
}

const SURROUNDINGS: Surroundings = {
  netns: 4026532011,
  loopback: { ipv4: null, ipv6: null },
  listeners: [],
  evidenceSources: { listenTable: "proven", resetCounters: "absent", icmpCounters: "absent" },
  findings: [],
  warnings: [],
};

/** Makes a fake view of the targets of the preset `seldon`, at the gate's start. */
export function fakeView({ targets, policy, surroundings }: FakeViewOptions = {}): FakeView {
  const clock = manualClock();
  const listeners = new Set<(transition: Transition) => void>();
  const journal: Transition[] = [];
  let state: GateState = newGate(
    targets ?? [httpTarget(), grpcTarget(), rcloneTarget()],
    { ...POLICY, ...policy },
    clock.now(),
  );
  const publish = (transition: Transition): void => {
    journal.push(transition);
    for (const listener of listeners) listener(transition);
  };
  return {
    clock,
    state: () => state,
    snapshot: (): Snapshot => snapshotOf(state, { ...SURROUNDINGS, ...surroundings }, clock.now()),
    journal: () => journal,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    subscribers: () => listeners.size,
    publish,
    look: (name, look) => {
      const at: Moment = clock.now();
      const step = onLook(state, name, { ...look, began: at, ended: at });
      state = step.state;
      step.transitions.forEach(publish);
    },
  };
}
