import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraryLooks, arbitraryPolicy, arbitrarySocket, movedTo } from "../../test/support/arbitrary-looks.ts";
import { blocksProven } from "../../test/support/blocks-proven.ts";
import { grpcTarget, httpTarget, moment, POLICY, rcloneTarget, START } from "../../test/support/looks.ts";
import { classify } from "./classify.ts";
import { meets, meetsForOpening } from "./demand.ts";
import { type GateState, newGate, onLook, onSockets, type Step, type TargetTransition } from "./gate.ts";
import { ERROR_CODES_KEPT, RESTARTS_KEPT } from "./memory.ts";
import type { Look } from "./observation.ts";
import { STALL_LIMIT_MS, type TargetState } from "./target-state.ts";

const TARGETS = [httpTarget(), grpcTarget(), rcloneTarget()] as const;

/** One event of a gate's life: a look at one of the targets. */
interface Event {
  readonly name: string;
  readonly look: Look;
}

/** The gate before and after one event. */
interface Moved extends Event {
  readonly before: GateState;
  readonly step: Step;
}

const arbitraryLife: fc.Arbitrary<readonly Moved[]> = fc
  .record({ policy: arbitraryPolicy, looks: arbitraryLooks(30), turns: fc.array(fc.nat(2), { minLength: 3 }) })
  .map(({ policy, looks, turns }) => {
    let state = newGate(TARGETS, policy, START);
    return looks.map((look, index) => {
      const before = state;
      const turn = turns[index % turns.length] ?? 0;
      const { name } = TARGETS[turn] ?? TARGETS[0];
      const step = onLook(before, name, look);
      state = step.state;
      return { name, look, before, step };
    });
  });

function targetIn(state: GateState, name: string): TargetState {
  const found = state.targets.find(({ target }) => target.name === name);
  if (found === undefined) throw new Error(`no target ${name}`);
  return found;
}

function isEvidence(look: Look, isPassing: boolean): boolean {
  return isPassing || look.stalledMs <= STALL_LIMIT_MS;
}

/** Asserts something of each event, in many lives. */
function everyEvent(check: (moved: Moved) => void, numRuns = 100): void {
  fc.assert(
    fc.property(arbitraryLife, (life) => {
      for (const moved of life) check(moved);
    }),
    { numRuns },
  );
}

/** Counts looks at each target that were evidence and failed in a row, from the gate's first opening on. */
function failuresInRow(life: readonly Moved[]): readonly (Moved & { readonly failures: number })[] {
  const failures = new Map<string, number>();
  return life
    .filter(({ before }) => before.openedAt !== null)
    .map((moved) => {
      const { name, look, before } = moved;
      const isPassing = meets(before.policy.afterReady, look);
      const former = failures.get(name) ?? 0;
      if (isEvidence(look, isPassing)) failures.set(name, isPassing ? 0 : former + 1);
      return { ...moved, failures: failures.get(name) ?? 0 };
    });
}

describe("whatever the looks", { timeout: 30_000 }, () => {
  it("the gate first opens exactly when the latest look at each required target met the demand", () => {
    fc.assert(
      fc.property(arbitraryLife, (life) => {
        const hasMet = new Map<string, boolean>();
        for (const { name, look, before, step } of life.filter((moved) => moved.before.openedAt === null)) {
          const isPassing = meetsForOpening(before.policy.openOn, look);
          if (isEvidence(look, isPassing)) hasMet.set(name, isPassing);
          expect(step.state.isOpen).toBe(hasMet.get("http") === true && hasMet.get("grpc") === true);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("the gate closes exactly on as many failing looks in a row as the threshold says", () => {
    fc.assert(
      fc.property(arbitraryLife, (life) => {
        for (const { before, step, failures, name } of failuresInRow(life)) {
          if (!before.isOpen) continue;
          const isOver = failures >= before.policy.failureThreshold && name !== "rclone";
          expect(step.state.isOpen).toBe(!isOver);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("a look that passes never takes readiness away", () => {
    everyEvent(({ name, look, before, step }) => {
      const { openOn, afterReady } = before.policy;
      const isPassing = before.openedAt === null ? meetsForOpening(openOn, look) : meets(afterReady, look);
      if (!isPassing) return;
      expect(targetIn(step.state, name).isReady || !targetIn(before, name).isReady).toBe(true);
      expect(step.state.isOpen || !before.isOpen).toBe(true);
    });
  });

  it("a target is suspected only while it is ready, and below the threshold", () => {
    everyEvent(({ name, step }) => {
      const { suspicion, isReady } = targetIn(step.state, name);
      if (suspicion === null) return;
      expect(isReady).toBe(true);
      expect(suspicion.looks).toBeLessThan(step.state.policy.failureThreshold);
    });
  });

  it("verdict and readiness of a target change only with a transition that says so", () => {
    everyEvent(({ name, before, step }) => {
      const [was, is] = [targetIn(before, name), targetIn(step.state, name)];
      const told = step.transitions.filter(({ kind }) => kind === "target");
      const hasChanged = was.verdict.code !== is.verdict.code || was.isReady !== is.isReady;
      expect(told).toHaveLength(hasChanged ? 1 : 0);
    });
  });

  it("every recorded transition, read again from its record, gives the same verdict", () => {
    everyEvent(({ before, step }) => {
      for (const transition of step.transitions.filter((one) => one.kind === "target")) {
        const { look, memory, target: name } = JSON.parse(JSON.stringify(transition)) as TargetTransition;
        const { target } = targetIn(before, name);
        const { code, summary, evidence } = transition.verdict;
        const { policy, startedAt } = before;
        expect(classify({ target, look, memory, policy, startedAt })).toEqual({ code, summary, evidence });
      }
    });
  });

  it("no order of events yields a network block without its evidence in the look and the memory", () => {
    everyEvent(({ before, step }) => {
      for (const transition of step.transitions.filter((one) => one.kind === "target")) {
        const { look, memory, verdict, target: name } = transition;
        if (verdict.class !== "network-block") continue;
        const { target } = targetIn(before, name);
        const { policy, startedAt } = before;
        const situation = { target, look, memory, policy, startedAt };
        const paths = look.paths.filter(({ role }) => role === "target");
        expect(paths.some((path) => blocksProven(path, situation).has(verdict.code))).toBe(true);
      }
    }, 300);
  });

  it("points of the timeline stay where they were first set, but for the latest loss and return", () => {
    everyEvent(({ name, before, step }) => {
      const { lost: _lost, back: _back, ...firsts } = targetIn(before, name).memory.timeline;
      const set = Object.entries(firsts).filter(([, point]) => point !== null);
      expect(targetIn(step.state, name).memory.timeline).toMatchObject(Object.fromEntries(set));
    });
  });

  it("readings of the sockets between looks never move a verdict or readiness", () => {
    const [sockets = []] = fc.sample(fc.array(arbitrarySocket, { minLength: 1, maxLength: 4 }), 1);
    everyEvent(({ name, look, step }) => {
      const at = moment(look.ended.monotonicMs + 1);
      const before = targetIn(step.state, name);
      const after = targetIn(onSockets(step.state, name, { sockets, at }), name);
      expect({ ...after, memory: null }).toEqual({ ...before, memory: null });
    });
  });
});

it("is tried on gates that open, close and open again", () => {
  const lives = fc.sample(arbitraryLife, { numRuns: 600, seed: 20_261_124 });
  const phases = lives.map((life) =>
    life
      .flatMap(({ step }) => step.transitions.flatMap((one) => (one.kind === "gate" ? [one.to.phase] : [])))
      .join(" "),
  );
  expect(phases.filter((path) => path.startsWith("ready")).length).toBeGreaterThan(100);
  expect(phases.filter((path) => path.startsWith("ready lost ready")).length).toBeGreaterThan(20);
});

it("keeps a bounded memory over 10,000 looks", () => {
  const looks = fc.sample(arbitraryLooks(40), { numRuns: 1000, seed: 20_261_124 }).flat().slice(0, 10_000);
  expect(looks).toHaveLength(10_000);
  let state = newGate([httpTarget()], POLICY, START);
  let largest = 0;
  for (const [index, look] of looks.entries()) {
    state = onLook(state, "http", movedTo(look, 1000 * (index + 1), 1)).state;
    if (index % 100 === 0) largest = Math.max(largest, JSON.stringify(targetIn(state, "http").memory).length);
  }
  const { memory } = targetIn(state, "http");
  expect(memory.restarts).toBeGreaterThan(RESTARTS_KEPT);
  expect(Object.keys(memory.errors).length).toBeLessThanOrEqual(ERROR_CODES_KEPT + 1);
  expect(largest).toBeLessThan(8192);
});
