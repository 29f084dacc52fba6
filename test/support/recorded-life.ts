import fc from "fast-check";
import { type GateState, newGate, onLook, onSockets, type Step } from "../../src/core/gate.ts";
import { formatLine, stateLines } from "../../src/core/journal.ts";
import type { Sandbox } from "../../src/core/journal-entry.ts";
import { type Moment, momentAfter } from "../../src/core/moment.ts";
import type { Look } from "../../src/core/observation.ts";
import type { GatePolicy } from "../../src/core/policy.ts";
import type { TargetState } from "../../src/core/target-state.ts";
import { transitionJson } from "../../src/core/transition-json.ts";
import { arbitraryLooks, arbitraryPolicy } from "./arbitrary-looks.ts";
import { grpcTarget, httpTarget, POLICY, rcloneTarget, START } from "./looks.ts";

export const RECORDED_TARGETS = [httpTarget(), grpcTarget(), rcloneTarget()] as const;

export const SANDBOX: Sandbox = { netns: 4_026_531_840, bootId: "36422657-fb30-4ac6-ab41-8024af3a837e" };

/** Lines of a head and its states, as a process of the gate that began at `processBegan` writes them. */
export function headLines(
  state: GateState,
  kind: "start" | "checkpoint",
  { processBegan = START, takenAt = START }: { processBegan?: Moment; takenAt?: Moment } = {},
): string[] {
  const parts = { kind, version: "0.1.0", sandbox: SANDBOX, processBegan, takenAt };
  return stateLines(state, parts).map(formatLine);
}

/** A gate that is given looks, and the journal that it leaves. */
export interface RecordedLife {
  readonly lines: readonly string[];
  readonly state: GateState;
  /** Each target as it was right after its last recorded line. */
  readonly recorded: ReadonlyMap<string, TargetState>;
}

/** One look at the target of that index; before it, where told so, a reading of its sockets alone. */
export interface LifeEvent {
  readonly target: number;
  readonly look: Look;
  readonly isGlancedAt?: boolean;
}

/** Lives through the events and records the transitions. */
export function recordLife(events: readonly LifeEvent[], policy: GatePolicy = POLICY): RecordedLife {
  let state = newGate(RECORDED_TARGETS, policy, START);
  const lines = headLines(state, "start");
  const recorded = new Map(state.targets.map((one) => [one.target.name, one]));
  const take = (step: Step) => {
    state = step.state;
    for (const transition of step.transitions) {
      lines.push(formatLine(transitionJson(transition)));
      const found = state.targets.find(({ target }) => target.name === transition.target);
      if (transition.kind === "target" && found) recorded.set(transition.target, found);
    }
  };
  for (const { target, look, isGlancedAt } of events) {
    const { name } = RECORDED_TARGETS[target] ?? RECORDED_TARGETS[0];
    if (isGlancedAt && look.listen.isKnown) {
      state = onSockets(state, name, { sockets: look.listen.sockets, at: look.began });
    }
    take(onLook(state, name, look));
  }
  return { lines, state, recorded };
}

/** Any events, under any policy. */
export const arbitraryLife: fc.Arbitrary<RecordedLife> = fc
  .record({
    policy: arbitraryPolicy,
    looks: arbitraryLooks(30),
    turns: fc.array(fc.record({ target: fc.nat(2), isGlancedAt: fc.boolean() }), { minLength: 3 }),
  })
  .map(({ policy, looks, turns }) => {
    const events = looks.map((look, index) => ({ target: 0, ...turns[index % turns.length], look }));
    return recordLife(events, policy);
  });

/** A moment of another process, that much after the start by the wall clock, with a monotonic clock of its own. */
export function laterProcess(afterMs: number, monotonicMs = 250): Moment {
  return { ...momentAfter(START, afterMs), monotonicMs };
}
