import { describe, expect, it } from "vitest";
import {
  answered,
  grpcTarget,
  httpTarget,
  look,
  moment,
  POLICY,
  rcloneTarget,
  refused,
  START,
} from "../../test/support/looks.ts";
import { type GateState, newGate, onLook } from "./gate.ts";
import { readinessOf, staleAfterMs } from "./readiness.ts";

const LIMIT_MS = 3 * (5000 + 1000);

/** A gate of three targets: `http` is ready, `grpc` refuses, `rclone` (not required) was never looked at. */
function half(): GateState {
  const gate = newGate([httpTarget(), grpcTarget(), rcloneTarget()], POLICY, START);
  const { state } = onLook(gate, "http", look(answered("ready"), { atMs: 1000 }));
  return onLook(state, "grpc", look(refused(), { atMs: 2000 })).state;
}

const open = onLook(half(), "grpc", look(answered("ready"), { atMs: 3000 })).state;

describe("readiness", () => {
  it("is that of the required targets", () => {
    expect(readinessOf(half(), moment(3000))).toMatchObject({ isReady: false, target: "grpc" });
    expect(readinessOf(open, moment(3000))).toMatchObject({ isReady: true, isStale: false, unmatched: [] });
  });

  it("leaves out the targets that are excluded, and marks them", () => {
    const readiness = readinessOf(half(), moment(3000), ["grpc"]);
    expect(readiness).toMatchObject({ isReady: true, target: "http", verdict: { code: "READY" } });
    expect(readiness.targets.map(({ isExcluded }) => isExcluded)).toEqual([false, true, false]);
  });

  it("is given when all required targets are excluded", () => {
    expect(readinessOf(half(), moment(3000), ["http", "grpc"])).toMatchObject({ isReady: true, target: "grpc" });
  });

  it("names exclusions that match no target", () => {
    expect(readinessOf(half(), moment(3000), ["grpc", "triton"]).unmatched).toEqual(["triton"]);
  });
});

describe("staleness", () => {
  it("begins after three intervals and time-outs", () => {
    expect(staleAfterMs(POLICY)).toBe(LIMIT_MS);
  });

  it("takes readiness away when the oldest required target was not looked at for too long", () => {
    expect(readinessOf(open, moment(1000 + LIMIT_MS))).toMatchObject({ isReady: true, isStale: false });
    expect(readinessOf(open, moment(1001 + LIMIT_MS))).toMatchObject({ isReady: false, isStale: true });
  });

  it("does not come from an excluded target, nor from one that is not required", () => {
    expect(readinessOf(open, moment(1001 + LIMIT_MS), ["http"])).toMatchObject({ isReady: true, isStale: false });
  });

  it("counts from the start for a target that was never looked at", () => {
    const gate = newGate([httpTarget()], POLICY, START);
    expect(readinessOf(gate, moment(LIMIT_MS)).isStale).toBe(false);
    expect(readinessOf(gate, moment(LIMIT_MS + 1)).isStale).toBe(true);
  });

  it("does not come from looks that were no evidence", () => {
    const { state } = onLook(open, "http", look(refused(), { atMs: 9000, stalledMs: 500 }));
    expect(readinessOf(state, moment(3000 + LIMIT_MS))).toMatchObject({ isReady: true, isStale: false });
  });
});
