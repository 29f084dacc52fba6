import type { Scene } from "../../src/core/findings/scene.ts";
import { type GateState, newGate, onLook } from "../../src/core/gate.ts";
import type { Look } from "../../src/core/observation.ts";
import type { GatePolicy } from "../../src/core/policy.ts";
import type { Target } from "../../src/core/target.ts";
import { grpcTarget, httpTarget, moment, POLICY, START } from "./looks.ts";

/** Looks by the name of their target, in the order in which they were taken. */
export type SeenLooks = readonly (readonly [name: string, look: Look])[];

/** A gate that has taken these looks; unless told otherwise at an HTTP and a gRPC target. */
export function stateAfter(
  looks: SeenLooks,
  {
    targets = [httpTarget(), grpcTarget()],
    policy = {},
  }: { targets?: readonly Target[]; policy?: Partial<GatePolicy> } = {},
): GateState {
  const start = newGate(targets, { ...POLICY, ...policy }, START);
  return looks.reduce((state, [name, look]) => onLook(state, name, look).state, start);
}

/** A scene in a pod with nothing remarkable around it, at that many milliseconds after the gate's start. */
export function sceneOf(state: GateState, atMs: number, overrides: Partial<Scene> = {}): Scene {
  return {
    state,
    now: moment(atMs),
    interfaces: ["lo", "eth0"],
    listeners: [],
    hasIpv6: true,
    clients: new Map(),
    probe: { whose: "the startup probe", periodSeconds: 10, failureThreshold: 10 },
    ...overrides,
  };
}
