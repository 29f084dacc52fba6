import { type BoundSocket, type Memory, rememberSockets } from "./memory.ts";
import { type Moment, millisecondsBetween } from "./moment.ts";
import type { ListeningSocket, Look } from "./observation.ts";
import type { GatePolicy } from "./policy.ts";
import type { Target } from "./target.ts";
import { type TargetState, takeLook, unseen } from "./target-state.ts";
import { type Verdict, worst } from "./verdict.ts";
import type { VerdictCode } from "./verdict-table.ts";

/** `starting`: never open yet; `ready`: open; `lost`: was open, is closed; `stopping`: asked to end. */
export type GatePhase = "starting" | "ready" | "lost" | "stopping";

/** The combined decision over all required targets, and all that it rests on. */
export interface GateState {
  readonly startedAt: Moment;
  readonly policy: GatePolicy;
  /** At least one, of which at least one is required; in the order of the settings. */
  readonly targets: readonly TargetState[];
  /** When the gate opened the first time; null: never yet. */
  readonly openedAt: Moment | null;
  readonly isOpen: boolean;
  readonly isStopping: boolean;
  /** When the phase last changed. */
  readonly phaseSince: Moment;
}

interface TransitionBase {
  readonly at: Moment;
  readonly sinceStartMs: number;
  /** How long the former verdict or phase had lasted. */
  readonly phaseMs: number;
  readonly verdict: Verdict;
}

/** A target's verdict code or readiness changed, on this look and with this memory from before it. */
export interface TargetTransition extends TransitionBase {
  readonly kind: "target";
  readonly target: string;
  readonly from: { readonly code: VerdictCode; readonly ready: boolean };
  readonly to: { readonly code: VerdictCode; readonly ready: boolean };
  readonly bind: readonly BoundSocket[];
  readonly look: Look;
  readonly memory: Memory;
}

/** The gate opened, closed or began to stop; `verdict` is its verdict from then on. */
export interface GateTransition extends TransitionBase {
  readonly kind: "gate";
  /** Name of the target whose verdict it is. */
  readonly target: string;
  readonly from: { readonly phase: GatePhase };
  readonly to: { readonly phase: GatePhase };
}

export type Transition = TargetTransition | GateTransition;

/** The state after an event, and what changed. */
export interface Step {
  readonly state: GateState;
  readonly transitions: readonly Transition[];
}

/** A gate that has looked at nothing yet. */
export function newGate(targets: readonly Target[], policy: GatePolicy, at: Moment): GateState {
  return {
    startedAt: at,
    policy,
    targets: targets.map((target) => unseen(target, at)),
    openedAt: null,
    isOpen: false,
    isStopping: false,
    phaseSince: at,
  };
}

export function phaseOf({ isStopping, isOpen, openedAt }: GateState): GatePhase {
  if (isStopping) return "stopping";
  if (isOpen) return "ready";
  return openedAt === null ? "starting" : "lost";
}

/** The target whose verdict is the gate's: the worst of the required ones. */
export function speaker(targets: readonly TargetState[]): TargetState {
  const found = worst(targets.filter(({ target }) => target.required)) ?? targets[0];
  if (found === undefined) throw new Error("a gate has at least one target");
  return found;
}

/** Takes in a look at the target of that name. */
export function onLook(state: GateState, name: string, look: Look): Step {
  const before = state.targets.find(({ target }) => target.name === name);
  if (before === undefined) throw new Error(`no target is named ${name}`);
  const { policy, startedAt, openedAt } = state;
  const after = takeLook(before, look, { policy, startedAt, hasOpened: openedAt !== null });
  const targets = state.targets.map((one) => (one === before ? after : one));
  const isOpen = targets.every(({ target, isReady }) => isReady || !target.required);
  const opened = openedAt ?? (isOpen ? look.ended : null);
  const gate = moved(state, { ...state, targets, isOpen, openedAt: opened }, look.ended);
  return { state: gate.state, transitions: [...targetTransitions(state, before, after), ...gate.transitions] };
}

/** Takes in a reading of the sockets on the target's port, between looks. It moves the timeline, never a verdict. */
export function onSockets(
  state: GateState,
  name: string,
  reading: { readonly sockets: readonly ListeningSocket[]; readonly at: Moment },
): GateState {
  const targets = state.targets.map((one) =>
    one.target.name === name ? { ...one, memory: rememberSockets(one.memory, reading.sockets, reading.at) } : one,
  );
  return { ...state, targets };
}

/** The gate was asked to end. */
export function onStop(state: GateState, at: Moment): Step {
  return moved(state, { ...state, isStopping: true }, at);
}

function moved(before: GateState, after: GateState, at: Moment): Step {
  const from = phaseOf(before);
  const to = phaseOf(after);
  if (from === to) return { state: after, transitions: [] };
  const { target, verdict } = speaker(after.targets);
  const transition: GateTransition = {
    kind: "gate",
    at,
    sinceStartMs: millisecondsBetween(before.startedAt, at),
    phaseMs: millisecondsBetween(before.phaseSince, at),
    target: target.name,
    from: { phase: from },
    to: { phase: to },
    verdict,
  };
  return { state: { ...after, phaseSince: at }, transitions: [transition] };
}

function targetTransitions(gate: GateState, before: TargetState, after: TargetState): readonly TargetTransition[] {
  const look = after.lastLook;
  const isSame = before.verdict.code === after.verdict.code && before.isReady === after.isReady;
  if (look === null || isSame) return [];
  return [
    {
      kind: "target",
      at: look.ended,
      sinceStartMs: millisecondsBetween(gate.startedAt, look.ended),
      phaseMs: millisecondsBetween(before.verdict.since, look.ended),
      target: after.target.name,
      from: { code: before.verdict.code, ready: before.isReady },
      to: { code: after.verdict.code, ready: after.isReady },
      verdict: after.verdict,
      bind: after.memory.sockets,
      look,
      memory: before.memory,
    },
  ];
}
