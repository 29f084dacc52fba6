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
  silent,
  socket,
} from "../../test/support/looks.ts";
import { type GateState, newGate, onLook, onSockets, onStop, phaseOf, type Step, speaker } from "./gate.ts";
import type { PathLook } from "./observation.ts";

const GATE = newGate([httpTarget(), grpcTarget(), rcloneTarget()], POLICY, START);

/** Takes looks in, one a second; the last step, and all transitions. */
function run(gate: GateState, ...looks: readonly (readonly [string, PathLook])[]): Step {
  return looks.reduce<Step>(
    ({ state, transitions }, [name, path], index) => {
      const step = onLook(state, name, look(path, { atMs: 1000 * (index + 1) }));
      return { state: step.state, transitions: [...transitions, ...step.transitions] };
    },
    { state: gate, transitions: [] },
  );
}

const READY = answered("ready");
const OPEN = run(GATE, ["http", READY], ["grpc", READY]).state;

describe("the gate", () => {
  it("opens when every required target is ready, without the others", () => {
    const half = run(GATE, ["http", READY]).state;
    expect([half.isOpen, phaseOf(half), half.openedAt]).toEqual([false, "starting", null]);
    expect([OPEN.isOpen, phaseOf(OPEN), OPEN.openedAt]).toEqual([true, "ready", moment(2000)]);
  });

  it("does not open on a target that was ready once and is not any more", () => {
    const { state } = run(GATE, ["http", READY], ["http", refused()], ["grpc", READY]);
    expect(state).toMatchObject({ isOpen: false, openedAt: null });
  });

  it("closes at the threshold of one required target, and opens again", () => {
    const failing = [1, 2, 3].map(() => ["grpc", refused()] as const);
    const { state: before } = run(OPEN, ...failing.slice(0, 2));
    const { state: lost } = run(OPEN, ...failing);
    const { state: back } = run(lost, ["grpc", READY]);
    expect([before, lost, back].map(phaseOf)).toEqual(["ready", "lost", "ready"]);
    expect(back.openedAt).toEqual(moment(2000));
  });

  it("stays open whatever a target does that is not required", () => {
    const { state } = run(OPEN, ...[1, 2, 3, 4].map(() => ["rclone", refused()] as const));
    expect([state.isOpen, speaker(state.targets).target.name]).toEqual([true, "http"]);
  });

  it("says what its worst required target says, the first of equals", () => {
    const { state } = run(GATE, ["http", refused()], ["grpc", refused()], ["rclone", answered("error")]);
    expect(speaker(state.targets)).toMatchObject({ target: { name: "http" }, verdict: { code: "NOT_LISTENING" } });
    expect(speaker(run(state, ["grpc", answered("error")]).state.targets).target.name).toBe("grpc");
  });

  it("throws on a target that it does not have", () => {
    expect(() => onLook(GATE, "triton", look(refused()))).toThrow("no target is named triton");
  });
});

describe("transitions", () => {
  it("tell each change of a target's code or readiness, and nothing else", () => {
    const { transitions } = run(GATE, ["http", refused()], ["http", refused()], ["http", silent()], ["http", READY]);
    expect(transitions.map(({ from, to }) => [from, to])).toEqual([
      [
        { code: "UNKNOWN", ready: false },
        { code: "NOT_LISTENING", ready: false },
      ],
      [
        { code: "NOT_LISTENING", ready: false },
        { code: "STARTING_UP", ready: false },
      ],
      [
        { code: "STARTING_UP", ready: false },
        { code: "READY", ready: true },
      ],
    ]);
  });

  it("carry the look, the memory from before it, the sockets after it and how long the phase took", () => {
    const before = run(GATE, ["http", refused()]).state;
    const seen = look(silent(), { atMs: 4000, tookMs: 1000 });
    const { transitions } = onLook(before, "http", seen);
    expect(transitions).toMatchObject([
      {
        kind: "target",
        target: "http",
        at: moment(4000),
        sinceStartMs: 4000,
        phaseMs: 3000,
        look: seen,
        memory: before.targets[0]?.memory,
        bind: [{ ...socket(), since: moment(4000) }],
        verdict: { code: "STARTING_UP" },
      },
    ]);
  });

  it("tell when the gate opens, after the target that opened it", () => {
    const { transitions } = run(GATE, ["http", READY], ["grpc", READY]);
    expect(transitions.slice(-2)).toMatchObject([
      { kind: "target", target: "grpc" },
      {
        kind: "gate",
        target: "http",
        at: moment(2000),
        sinceStartMs: 2000,
        phaseMs: 2000,
        from: { phase: "starting" },
        to: { phase: "ready" },
        verdict: { code: "READY" },
      },
    ]);
  });

  it("tell a stop once, with how long the gate had been as it was", () => {
    const step = onStop(OPEN, moment(7000));
    expect(step.transitions).toMatchObject([{ from: { phase: "ready" }, to: { phase: "stopping" }, phaseMs: 5000 }]);
    expect(onStop(step.state, moment(8000)).transitions).toEqual([]);
    expect(phaseOf(run(step.state, ["http", READY]).state)).toBe("stopping");
  });

  it("tell nothing of a failing look below the threshold", () => {
    expect(run(OPEN, ["http", refused()]).transitions).toEqual([]);
  });
});

describe("readings of the sockets between looks", () => {
  it("move the timeline and no verdict", () => {
    const state = onSockets(GATE, "grpc", { sockets: [socket({ port: 9500 })], at: moment(300) });
    const [http, grpc] = state.targets;
    expect(http).toEqual(GATE.targets[0]);
    expect(grpc?.memory.timeline.listening).toEqual(moment(300));
    expect(grpc).toMatchObject({ verdict: GATE.targets[1]?.verdict, isReady: false, lastLook: null });
  });
});
