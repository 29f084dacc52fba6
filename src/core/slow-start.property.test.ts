import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { grpcTarget, httpTarget, POLICY } from "../../test/support/looks.ts";
import { type ServerLife, type SimulatedServer, simulate } from "../../test/support/simulated-start.ts";
import type { Target } from "./target.ts";
import { classOf, type VerdictCode } from "./verdict-table.ts";

const delay = fc.oneof(fc.nat(50), fc.nat(3000));

/** Delays of one life: until it binds, answers, is ready, and (unless it is the last) ends. */
const arbitraryDelays = fc.tuple(delay, delay, delay, delay);

function livesOf(delays: readonly (readonly [number, number, number, number])[], endsEarly: boolean): ServerLife[] {
  let nowMs = 0;
  return delays.map(([toBind, toAnswer, toReady, toEnd], index) => {
    const bindMs = nowMs + toBind;
    const answerMs = bindMs + toAnswer;
    const readyMs = answerMs + toReady;
    const endMs = (endsEarly ? bindMs : readyMs) + 1 + toEnd;
    nowMs = endMs;
    return { bindMs, answerMs, readyMs, endMs: index === delays.length - 1 ? null : endMs };
  });
}

function arbitraryServer(target: Target, calm: boolean): fc.Arbitrary<SimulatedServer> {
  const noise = calm ? (["none", "doorbell"] as const) : (["none", "none", "stall", "doorbell"] as const);
  return fc
    .record({
      delays: fc.array(arbitraryDelays, { minLength: 1, maxLength: calm ? 1 : 4 }),
      endsEarly: fc.boolean(),
      hasTable: calm ? fc.constant(true) : fc.boolean(),
      pausesMs: fc.array(fc.integer({ min: 50, max: 400 }), { minLength: 1, maxLength: 8 }),
      lagsMs: calm ? fc.constant([0]) : fc.array(fc.nat(3), { minLength: 1, maxLength: 8 }),
      // The first look of each round is never stalled, so that the story can end.
      noise: fc.array(fc.constantFrom(...noise), { maxLength: 8 }).map((rest) => ["none" as const, ...rest]),
    })
    .map(({ delays, endsEarly, ...server }) => ({ target, lives: livesOf(delays, endsEarly), ...server }));
}

function bothServers(calm: boolean): fc.Arbitrary<readonly SimulatedServer[]> {
  return fc.tuple(arbitraryServer(httpTarget(), calm), arbitraryServer(grpcTarget(), calm));
}

const STEPS_OF_A_START: readonly VerdictCode[] = ["UNKNOWN", "NOT_LISTENING", "STARTING_UP", "NOT_READY", "READY"];

describe("a slow start", { timeout: 30_000 }, () => {
  it("is never called a network block, and ends READY, whatever the order, the noise and the restarts", () => {
    fc.assert(
      fc.property(bothServers(false), fc.constantFrom("live" as const, "ready" as const), (servers, openOn) => {
        const { state, transitions } = simulate(servers, { ...POLICY, openOn });
        expect(transitions.map(({ verdict }) => verdict.class)).not.toContain("network-block");
        expect(state.targets.map(({ verdict }) => verdict.code)).toEqual(["READY", "READY"]);
        expect(state.isOpen).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("without noise and restarts goes forward only, and is never called anything but slow", () => {
    fc.assert(
      fc.property(bothServers(true), (servers) => {
        const { transitions } = simulate(servers, POLICY);
        for (const { target } of servers) {
          const codes = transitions.flatMap((one) =>
            one.kind === "target" && one.target === target.name ? [one.to.code] : [],
          );
          const steps = codes.map((code) => STEPS_OF_A_START.indexOf(code));
          expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
          expect(codes.slice(0, -1).map(classOf)).toEqual(codes.slice(0, -1).map(() => "slow-startup"));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("counts the restarts that the table showed, and no more", () => {
    fc.assert(
      fc.property(bothServers(false), (servers) => {
        const { state } = simulate(servers, POLICY);
        for (const [index, { lives, hasTable }] of servers.entries()) {
          const restarts = state.targets[index]?.memory.restarts ?? -1;
          expect(restarts).toBeGreaterThanOrEqual(0);
          expect(restarts).toBeLessThanOrEqual(hasTable ? lives.length - 1 : 0);
        }
      }),
      { numRuns: 300 },
    );
  });
});
