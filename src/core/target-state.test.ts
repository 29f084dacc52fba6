import { describe, expect, it } from "vitest";
import {
  answered,
  failed,
  httpTarget,
  look,
  moment,
  POLICY,
  refused,
  START,
  silent,
} from "../../test/support/looks.ts";
import type { Look } from "./observation.ts";
import type { GatePolicy } from "./policy.ts";
import { type Judgement, STALL_LIMIT_MS, type TargetState, takeLook, unseen } from "./target-state.ts";

const UNSEEN = unseen(httpTarget(), START);

function judgement(hasOpened: boolean, policy: Partial<GatePolicy> = {}): Judgement {
  return { policy: { ...POLICY, ...policy }, startedAt: START, hasOpened };
}

const STARTING = judgement(false);
const OPENED = judgement(true);

/** Takes looks in, one a second, on top of a state. */
function taken(state: TargetState, judged: Judgement, ...looks: readonly Look[]): TargetState {
  return looks.reduce((before, one) => takeLook(before, one, judged), state);
}

const READY = taken(UNSEEN, STARTING, look(answered("ready"), { atMs: 1000 }));
const refusal = (atMs: number) => look(refused(), { atMs });
const answer = (atMs: number) => look(answered("ready"), { atMs });

describe("a target before its first look", () => {
  it("is UNKNOWN, since its creation, and not ready", () => {
    expect(UNSEEN).toMatchObject({ isReady: false, lastLook: null, lastLookedAt: null, suspicion: null });
    expect(UNSEEN.verdict).toMatchObject({ code: "UNKNOWN", class: "unknown", since: START, evidence: [] });
  });
});

describe("before the gate first opens", () => {
  it("the verdict and readiness follow the latest look", () => {
    const looks = [refused(), silent(), answered("not-ready"), answered("ready"), refused(), answered("ready")];
    let state = UNSEEN;
    const seen = looks.map((path, index) => {
      state = takeLook(state, look(path, { atMs: 1000 * (index + 1) }), STARTING);
      return [state.verdict.code, state.isReady];
    });
    expect(seen).toEqual([
      ["NOT_LISTENING", false],
      ["STARTING_UP", false],
      ["NOT_READY", false],
      ["READY", true],
      ["STOPPED_LISTENING", false],
      ["READY", true],
    ]);
    expect(state.memory.timeline).toMatchObject({ lost: moment(5000), back: moment(6000) });
  });

  it("no failure is only suspected", () => {
    expect(taken(READY, STARTING, refusal(2000)).suspicion).toBeNull();
  });

  it("a live answer is enough where live opens the gate", () => {
    const live = judgement(false, { openOn: "live" });
    expect(taken(UNSEEN, live, look(answered("not-ready")))).toMatchObject({
      isReady: true,
      verdict: { code: "NOT_READY" },
    });
  });

  it("readiness asks for the models", () => {
    const pending = look(answered("ready", { modelsPending: ["iris"] }));
    expect(taken(UNSEEN, STARTING, pending)).toMatchObject({ isReady: false, verdict: { code: "NOT_READY" } });
  });
});

describe("once the gate has been open", () => {
  it("verdict and readiness change together on the look that reaches the threshold", () => {
    const twice = taken(READY, OPENED, refusal(2000), refusal(3000));
    expect(twice).toMatchObject({ isReady: true, verdict: { code: "READY" } });
    expect(twice.suspicion).toEqual({ code: "STOPPED_LISTENING", since: moment(2000), looks: 2 });
    const thrice = taken(twice, OPENED, refusal(4000));
    expect(thrice).toMatchObject({ isReady: false, verdict: { code: "STOPPED_LISTENING", since: moment(4000) } });
    expect(thrice.suspicion).toBeNull();
    expect(thrice.memory.timeline.lost).toEqual(moment(4000));
  });

  it("failing looks are remembered while they are only counted", () => {
    const once = taken(READY, OPENED, refusal(2000));
    expect(once).toMatchObject({ memory: { attempts: 2, errors: { ECONNREFUSED: 1 } }, lastLookedAt: moment(2000) });
  });

  it("the suspicion names what the latest look points to, since the first", () => {
    const looks = [look(silent(), { atMs: 2000 }), refusal(3000)];
    expect(taken(READY, OPENED, ...looks).suspicion).toEqual({
      code: "STOPPED_LISTENING",
      since: moment(2000),
      looks: 2,
    });
  });

  it("one passing look ends the suspicion and starts the count anew", () => {
    const state = taken(READY, OPENED, refusal(2000), refusal(3000), answer(4000), refusal(5000), refusal(6000));
    expect(state).toMatchObject({ isReady: true, suspicion: { looks: 2, since: moment(5000) } });
  });

  it("a passing look changes the verdict at once", () => {
    const state = taken(READY, OPENED, refusal(2000), look(answered("not-ready"), { atMs: 3000 }));
    expect(state).toMatchObject({ isReady: true, suspicion: null, verdict: { code: "NOT_READY" } });
  });

  it("a lost target is back after its threshold, with its verdict at once", () => {
    const twoToOpen = judgement(true, { successThreshold: 2 });
    const lost = taken(READY, twoToOpen, refusal(2000), refusal(3000), refusal(4000));
    const once = taken(lost, twoToOpen, answer(5000));
    expect(once).toMatchObject({ isReady: false, verdict: { code: "READY" } });
    expect(taken(once, twoToOpen, answer(6000))).toMatchObject({
      isReady: true,
      memory: { timeline: { lost: moment(4000), back: moment(6000) } },
    });
    expect(taken(once, twoToOpen, refusal(6000), answer(7000)).isReady).toBe(false);
  });

  it("a lost target's verdict follows each look", () => {
    const lost = taken(READY, judgement(true, { failureThreshold: 1 }), refusal(2000));
    expect(lost.verdict.code).toBe("STOPPED_LISTENING");
    expect(taken(lost, OPENED, look(silent(), { atMs: 3000 }))).toMatchObject({
      suspicion: null,
      verdict: { code: "STARTING_UP" },
    });
  });

  it("a target that was never ready has nothing to lose: its verdict follows each look", () => {
    expect(taken(UNSEEN, OPENED, refusal(1000))).toMatchObject({
      suspicion: null,
      verdict: { code: "NOT_LISTENING" },
      memory: { timeline: { lost: null } },
    });
  });

  it("not being ready is no failure under live, and is one under ready", () => {
    const busy = [2000, 3000, 4000].map((atMs) => look(answered("not-ready"), { atMs }));
    const underReady = judgement(true, { afterReady: "ready" });
    expect(taken(READY, OPENED, ...busy).isReady).toBe(true);
    expect(taken(READY, underReady, ...busy)).toMatchObject({ isReady: false, verdict: { code: "NOT_READY" } });
  });

  it("models are not asked for any more", () => {
    const pending = look(answered("ready", { modelsPending: ["iris"] }));
    expect(taken(READY, judgement(true, { afterReady: "ready" }), pending).suspicion).toBeNull();
  });
});

describe("a look during which the gate was stalled", () => {
  const stalledMs = STALL_LIMIT_MS + 1;

  it("is no evidence of a failure, but was a look", () => {
    const stalled = look(failed("timeout"), { atMs: 2000, stalledMs });
    expect(taken(READY, OPENED, stalled)).toEqual({ ...READY, lastLookedAt: moment(2000) });
    expect(taken(UNSEEN, STARTING, stalled)).toEqual({ ...UNSEEN, lastLookedAt: moment(2000) });
  });

  it("does not end a suspicion either", () => {
    const suspected = taken(READY, OPENED, refusal(2000), look(refused(), { atMs: 3000, stalledMs }));
    expect(suspected.suspicion?.looks).toBe(1);
  });

  it("is evidence when a passing answer came all the same", () => {
    expect(taken(UNSEEN, STARTING, look(answered("ready"), { stalledMs })).isReady).toBe(true);
  });

  it("is one only above the limit", () => {
    const atLimit = look(refused(), { stalledMs: STALL_LIMIT_MS });
    expect(taken(UNSEEN, STARTING, atLimit).verdict.code).toBe("NOT_LISTENING");
  });
});

it("keeps the time since when a verdict's code is the same, with the latest summary and evidence", () => {
  const state = taken(UNSEEN, STARTING, refusal(1000), look(refused(), { atMs: 2000 }));
  expect(state.verdict.since).toEqual(moment(1000));
});
