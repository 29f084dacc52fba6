import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { manualClock } from "../../test/support/fake-view.ts";
import { settleWithin, TIME_UP } from "./settle-within.ts";

it("gives what the promise gives when it is in time", async () => {
  const clock = manualClock();
  await expect(settleWithin(Promise.resolve(7), 100, clock)).resolves.toBe(7);
  await expect(settleWithin(Promise.reject(new Error("a bug")), 100, clock)).rejects.toThrow("a bug");
});

it("gives up when the time is up", async () => {
  const clock = manualClock();
  const result = settleWithin(new Promise(() => {}), 100, clock);
  clock.advance(100);
  await expect(result).resolves.toBe(TIME_UP);
});

it("believes an answer that the loop brings in its next turn after the deadline", async () => {
  const clock = manualClock();
  const answer = nextTurn().then(() => "an answer");
  const result = settleWithin(answer, 100, clock);
  clock.advance(100);
  await expect(result).resolves.toBe("an answer");
});
