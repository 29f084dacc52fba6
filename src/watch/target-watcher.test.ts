import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { answered, look, refused } from "../../test/support/looks.ts";
import type { Look } from "../core/observation.ts";
import { type Pace, type WatcherParts, watchTarget } from "./target-watcher.ts";

/** A watcher whose looks and waits are answered by the test. */
function watched(overrides: Partial<WatcherParts> = {}) {
  const aborter = new AbortController();
  const waits: number[] = [];
  const slacks: number[] = [];
  const asked: { models: readonly string[]; withinMs: number }[] = [];
  let underway = 0;
  let mostUnderway = 0;
  let isClosed = false;
  let giveLook: (look: Look) => void = () => {};
  let endWait = () => {};
  let pace: Pace = "retry";
  const ended = watchTarget(
    {
      looker: {
        look: (models, withinMs) => {
          asked.push({ models, withinMs });
          underway += 1;
          mostUnderway = Math.max(mostUnderway, underway);
          return new Promise<Look>((resolve) => {
            giveLook = resolve;
          }).finally(() => {
            underway -= 1;
          });
        },
        close: () => {
          isClosed = true;
        },
      },
      bell: {
        ring: () => endWait(),
        wait: (ms, slackMs = 0) => {
          waits.push(ms);
          slacks.push(slackMs);
          return new Promise((resolve) => {
            endWait = resolve;
          });
        },
      },
      backoff: { minMs: 50, maxMs: 100 },
      intervalMs: 5000,
      probeTimeoutMs: 700,
      random: () => 1 - Number.EPSILON,
      models: () => ["iris"],
      onLook: () => pace,
      ...overrides,
    },
    aborter.signal,
  );
  const stop = async () => {
    aborter.abort();
    giveLook(look(refused()));
    endWait();
    await ended;
  };
  onTestFinished(() => stop().catch(() => {}));
  return {
    ended,
    stop,
    waits,
    slacks,
    asked,
    aborter,
    isClosed: () => isClosed,
    mostUnderway: () => mostUnderway,
    ring: () => endWait(),
    /** The look that is under way shows this. */
    show: async (shown: Look, next: Pace = "retry") => {
      pace = next;
      giveLook(shown);
      await nextTurn();
    },
    /** The wait that is under way is over. */
    pass: async () => {
      endWait();
      await nextTurn();
    },
  };
}

const lastWait = (waits: readonly number[]) => Math.round(waits.at(-1) ?? Number.NaN);

describe("between looks that show the same", () => {
  it("waits ever longer, up to the upper bound", async () => {
    const watcher = watched();
    const delays: number[] = [];
    for (let count = 0; count < 5; count += 1) {
      await watcher.show(look(refused(), { atMs: 1000 + count }));
      delays.push(lastWait(watcher.waits));
      await watcher.pass();
    }
    expect(delays).toEqual([75, 100, 100, 100, 100]);
  });

  it("waits no less than the lower bound", async () => {
    const watcher = watched({ random: () => 0 });
    await watcher.show(look(refused()));
    expect(watcher.waits).toEqual([50]);
  });

  it("may wait for another wake-up, up to the upper bound, while nothing listens and the bell would tell", async () => {
    const watcher = watched({ random: () => 0 });
    await watcher.show(look(refused()));
    await watcher.pass();
    await watcher.show(look(answered("not-ready")));
    await watcher.pass();
    await watcher.show(look(refused(), { listen: { isKnown: false, reason: "no-table" } }));
    expect(watcher.waits).toEqual([50, 50, 50]);
    expect(watcher.slacks).toEqual([50, 0, 0]);
  });

  it("begins anew when the evidence changes", async () => {
    const watcher = watched({ backoff: { minMs: 50, maxMs: 60_000 } });
    for (let count = 0; count < 4; count += 1) {
      await watcher.show(look(refused()));
      await watcher.pass();
    }
    expect(lastWait(watcher.waits)).toBeGreaterThan(200);
    await watcher.show(look(answered("not-ready")));
    expect(lastWait(watcher.waits)).toBe(75);
  });

  it("goes on for ever: a thousand failed looks are no reason to end", async () => {
    const watcher = watched();
    for (let count = 0; count < 1000; count += 1) {
      await watcher.show(look(refused()));
      await watcher.pass();
    }
    expect(watcher.asked).toHaveLength(1001);
  });
});

describe("a target at the interval's pace", () => {
  it("is looked at after the interval, and at once when the bell rings", async () => {
    const watcher = watched();
    await watcher.show(look(answered("ready")), "interval");
    expect(watcher.waits).toEqual([5000]);
    expect(watcher.asked).toHaveLength(1);
    watcher.ring();
    await nextTurn();
    expect(watcher.asked).toHaveLength(2);
  });

  it("goes back to the back-off when it is told to", async () => {
    const watcher = watched();
    await watcher.show(look(answered("ready")), "interval");
    await watcher.pass();
    await watcher.show(look(refused()), "retry");
    expect(lastWait(watcher.waits)).toBe(75);
  });
});

it("has one look under way at most, however often the bell rings", async () => {
  const watcher = watched();
  for (let count = 0; count < 20; count += 1) {
    watcher.ring();
    await nextTurn();
  }
  expect(watcher.asked).toHaveLength(1);
  await watcher.show(look(refused()));
  await watcher.pass();
  watcher.ring();
  await nextTurn();
  expect(watcher.asked).toHaveLength(2);
  expect(watcher.mostUnderway()).toBe(1);
});

it("gives each look the probe's time-out and the models of the moment", async () => {
  const models = [["iris"], []];
  const watcher = watched({ models: () => models.shift() ?? [] });
  await watcher.show(look(refused()));
  await watcher.pass();
  expect(watcher.asked).toEqual([
    { models: ["iris"], withinMs: 700 },
    { models: [], withinMs: 700 },
  ]);
});

it("ends when it is stopped, in the middle of a look, whose result no longer counts", async () => {
  const taken: Look[] = [];
  const watcher = watched({
    onLook: (seen) => {
      taken.push(seen);
      return "retry";
    },
  });
  await watcher.stop();
  expect(taken).toEqual([]);
  expect(watcher.isClosed()).toBe(true);
  expect(watcher.asked).toHaveLength(1);
});

it("fails when the state cannot take a look in: a bug is never retried", async () => {
  for (const bug of [new Error("a bug"), new TypeError("a bug")]) {
    const watcher = watched({
      onLook: () => {
        throw bug;
      },
    });
    const ended = expect(watcher.ended).rejects.toBe(bug);
    await watcher.show(look(refused()));
    await ended;
  }
});
