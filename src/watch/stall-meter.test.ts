import { expect, it } from "vitest";
import { manualClock } from "../../test/support/fake-view.ts";
import type { Clock } from "../core/ports.ts";
import { startStallMeter } from "./stall-meter.ts";

/** A clock that the test may move on without running what falls due, as a stalled loop does. */
function stallingClock(): Clock & { advance(ms: number): void; stall(ms: number): void } {
  const manual = manualClock();
  let behindMs = 0;
  return {
    now: () => {
      const { monotonicMs, wallMs } = manual.now();
      return { monotonicMs: monotonicMs + behindMs, wallMs: wallMs + behindMs };
    },
    after: manual.after,
    advance: manual.advance,
    stall: (ms) => {
      behindMs += ms;
    },
  };
}

it("a loop that runs on time is not late", () => {
  const clock = stallingClock();
  const stop = startStallMeter(clock);
  clock.advance(1000);
  expect(stop()).toBe(0);
});

it("remembers the longest stall of the measurement", () => {
  const clock = stallingClock();
  const stop = startStallMeter(clock);
  clock.stall(300);
  clock.advance(1000);
  clock.stall(120);
  clock.advance(1000);
  expect(stop()).toBe(300);
});

it("counts a stall that is still going on, though no tick has run since", () => {
  const clock = stallingClock();
  const stop = startStallMeter(clock);
  clock.stall(300);
  expect(stop()).toBeGreaterThanOrEqual(250);
});

it("leaves no timer behind", () => {
  const clock = stallingClock();
  const timers = new Set<() => void>();
  const counting: Clock = {
    now: clock.now,
    after: (ms, callback) => {
      const cancel = clock.after(ms, callback);
      timers.add(cancel);
      return () => {
        timers.delete(cancel);
        cancel();
      };
    },
  };
  startStallMeter(counting)();
  expect(timers.size).toBe(0);
});
