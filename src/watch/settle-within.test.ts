import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { manualClock } from "../../test/support/fake-view.ts";
import { awaited, settleWithin, TIME_UP } from "./settle-within.ts";

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

describe("a promise that look after look waits for", () => {
  it("is not kept waiting for by those who have given up", async () => {
    const clock = manualClock();
    const promise = new Promise<string>(() => {});
    const then = vi.spyOn(promise, "then");
    const answer = awaited(promise, clock);
    for (let count = 0; count < 1000; count += 1) {
      const looking = answer.within(100);
      clock.advance(100);
      await expect(looking).resolves.toBe(TIME_UP);
    }
    expect(then).toHaveBeenCalledTimes(1);
  });

  it("gives its value to the one who waits, and to all who come later", async () => {
    const clock = manualClock();
    let settle = (_value: string) => {};
    const answer = awaited(
      new Promise<string>((resolve) => {
        settle = resolve;
      }),
      clock,
    );
    const looking = answer.within(100);
    settle("an answer");
    await expect(looking).resolves.toBe("an answer");
    await expect(answer.within(0)).resolves.toBe("an answer");
  });

  it("fails for the one who waits when it fails", async () => {
    const answer = awaited(Promise.reject(new Error("a bug")), manualClock());
    await expect(answer.within(100)).rejects.toThrow("a bug");
  });
});
