import fc from "fast-check";
import { expect, it } from "vitest";
import { manualClock } from "../../test/support/fake-view.ts";
import { shareWakeUps } from "./wake-ups.ts";

/** A clock that counts how often it was woken. */
function countedClock() {
  const clock = manualClock();
  let wakeUps = 0;
  const counted: typeof clock = {
    ...clock,
    after: (ms, callback) =>
      clock.after(ms, () => {
        wakeUps += 1;
        callback();
      }),
  };
  return { clock: counted, wakeUps: () => wakeUps };
}

it("calls back at the end of the window when nobody else wakes up", () => {
  const clock = manualClock();
  const called: number[] = [];
  shareWakeUps(clock).after(50, () => called.push(clock.now().monotonicMs), 30);
  clock.advance(1000);
  expect(called).toEqual([80]);
});

it("calls back everybody whose window has begun when one wakes up", () => {
  const { clock, wakeUps } = countedClock();
  const shared = shareWakeUps(clock);
  const called: [string, number][] = [];
  const note = (name: string) => () => called.push([name, clock.now().monotonicMs]);
  shared.after(50, note("look"), 50);
  shared.after(60, note("exact"));
  shared.after(61, note("later"), 20);
  clock.advance(1000);
  expect(called).toEqual([
    ["look", 60],
    ["exact", 60],
    ["later", 81],
  ]);
  expect(wakeUps()).toBe(2);
});

it("never calls back what was taken back, not even by one that is called in the same wake-up", () => {
  const clock = manualClock();
  const shared = shareWakeUps(clock);
  const called: string[] = [];
  shared.after(10, () => {
    called.push("first");
    cancelSecond();
  });
  const cancelSecond = shared.after(10, () => called.push("second"));
  const cancelThird = shared.after(5, () => called.push("third"));
  cancelThird();
  clock.advance(1000);
  expect(called).toEqual(["first"]);
});

it("sleeps when nobody waits any more", () => {
  const { clock, wakeUps } = countedClock();
  shareWakeUps(clock).after(10, () => {})();
  clock.advance(1000);
  expect(wakeUps()).toBe(0);
});

it("goes on with a timer that comes a fraction before its time", () => {
  const clock = manualClock();
  const hasty = { ...clock, after: (ms: number, callback: () => void) => clock.after(ms - 0.5, callback) };
  let called = 0;
  shareWakeUps(hasty).after(10, () => {
    called += 1;
  });
  clock.advance(9.5);
  expect(called).toBe(1);
});

it("calls back each once, inside its window, whatever the windows and whoever begins anew", () => {
  const window = fc.record({ atMs: fc.nat(200), ms: fc.nat(200), slackMs: fc.nat(200), repeats: fc.nat(5) });
  fc.assert(
    fc.property(fc.array(window, { maxLength: 12 }), (windows) => {
      const clock = manualClock();
      const shared = shareWakeUps(clock);
      let called = 0;
      const begin = (ms: number, slackMs: number, repeats: number) => {
        const beganMs = clock.now().monotonicMs;
        const callback = () => {
          called += 1;
          const tookMs = clock.now().monotonicMs - beganMs;
          expect(tookMs).toBeGreaterThanOrEqual(ms);
          expect(tookMs).toBeLessThanOrEqual(ms + slackMs);
          if (repeats > 0) begin(ms, slackMs, repeats - 1);
        };
        shared.after(ms, callback, slackMs);
      };
      for (const { atMs, ms, slackMs, repeats } of windows) clock.after(atMs, () => begin(ms, slackMs, repeats));
      clock.advance(10_000);
      expect(called).toBe(windows.reduce((sum, { repeats }) => sum + repeats + 1, 0));
    }),
  );
});

it("never asks for a timer in the past, when serving others took longer than the next had time", () => {
  const clock = manualClock();
  const delays: number[] = [];
  const shared = shareWakeUps({
    ...clock,
    after: (ms, callback) => {
      delays.push(ms);
      return clock.after(ms, callback);
    },
  });
  shared.after(10, () => clock.advance(50));
  shared.after(20, () => undefined);
  clock.advance(100);
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
});
