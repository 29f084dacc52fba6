import type { GatePhase, GateTransition, TargetTransition, Transition } from "./gate.ts";
import type { Memory } from "./memory.ts";
import { isoTime } from "./moment.ts";
import type { Look } from "./observation.ts";
import { type SnapshotTarget, type SnapshotVerdict, verdictJson } from "./snapshot.ts";

interface TransitionJsonBase {
  /** When, as RFC 3339 in UTC. */
  readonly at: string;
  /** Name of the target that changed, or whose verdict is the gate's. */
  readonly target: string;
  /** The verdict from then on. */
  readonly verdict: SnapshotVerdict;
  /** Milliseconds since the gate's start, whole. */
  readonly sinceStartMs: number;
  /** Milliseconds that the former verdict or phase had lasted, whole. */
  readonly phaseMs: number;
}

/** A gate transition as `/events`, `/journal` and the journal file show it. */
export interface GateTransitionJson extends TransitionJsonBase {
  readonly kind: "gate";
  readonly from: { readonly phase: GatePhase };
  readonly to: { readonly phase: GatePhase };
}

/**
 * A target transition as `/events`, `/journal` and the journal file show it. `look` and `memory` are whole, their
 * moments as `{wallMs, monotonicMs}`: with the target, the policy and the gate's start they give the verdict again.
 */
export interface TargetTransitionJson extends TransitionJsonBase {
  readonly kind: "target";
  readonly from: TargetTransition["from"];
  readonly to: TargetTransition["to"];
  /** The sockets on the target's port, as in the snapshot. */
  readonly bind: SnapshotTarget["bind"];
  /** The look that moved the verdict. */
  readonly look: Look;
  /** What was remembered from before that look. */
  readonly memory: Memory;
}

/** One recorded transition as plain JSON. */
export type TransitionJson = TargetTransitionJson | GateTransitionJson;

/** Makes a transition plain JSON. */
export function transitionJson(transition: Transition): TransitionJson {
  return transition.kind === "gate" ? gateJson(transition) : targetJson(transition);
}

function gateJson(transition: GateTransition): GateTransitionJson {
  const { kind, at, target, from, to, verdict } = transition;
  return { at: isoTime(at), kind, target, from, to, verdict: verdictJson(verdict), ...durations(transition) };
}

function targetJson(transition: TargetTransition): TargetTransitionJson {
  const { kind, at, target, from, to, verdict, look, memory } = transition;
  return {
    at: isoTime(at),
    kind,
    target,
    from,
    to,
    verdict: verdictJson(verdict),
    bind: transition.bind.map((socket) => ({ ...socket, since: isoTime(socket.since) })),
    ...durations(transition),
    look,
    memory,
  };
}

function durations({ sinceStartMs, phaseMs }: Transition): Pick<TransitionJsonBase, "sinceStartMs" | "phaseMs"> {
  return { sinceStartMs: Math.round(sinceStartMs), phaseMs: Math.round(phaseMs) };
}
