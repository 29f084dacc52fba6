import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answered, failed, listening, look, moment, refused, silent, unbound } from "../../test/support/looks.ts";
import { backoffDelayMs, showsTheSame } from "./backoff.ts";

const bounds = fc
  .tuple(fc.integer({ min: 1, max: 60_000 }), fc.integer({ min: 1, max: 60_000 }))
  .map(([a, b]) => ({ minMs: Math.min(a, b), maxMs: Math.max(a, b) }));
const repeats = fc.oneof(fc.nat(20), fc.nat());
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("backoffDelayMs", () => {
  it("stays within its bounds, whatever is drawn", () => {
    fc.assert(
      fc.property(bounds, repeats, random, (within, times, drawn) => {
        const delay = backoffDelayMs(within, times, drawn);
        return delay >= within.minMs && delay <= within.maxMs;
      }),
    );
  });

  it("never gets shorter with one more repeat", () => {
    fc.assert(
      fc.property(bounds, repeats, random, (within, times, drawn) => {
        return backoffDelayMs(within, times, drawn) <= backoffDelayMs(within, times + 1, drawn);
      }),
    );
  });

  it("never gets shorter with a higher bound on either side", () => {
    fc.assert(
      fc.property(bounds, fc.nat(1000), repeats, random, ({ minMs, maxMs }, more, times, drawn) => {
        const delay = backoffDelayMs({ minMs, maxMs }, times, drawn);
        const min = Math.min(minMs + more, maxMs);
        return (
          delay <= backoffDelayMs({ minMs, maxMs: maxMs + more }, times, drawn) &&
          delay <= backoffDelayMs({ minMs: min, maxMs }, times, drawn)
        );
      }),
    );
  });

  it("draws from the whole of a range that grows by half", () => {
    const within = { minMs: 50, maxMs: 100 };
    expect(backoffDelayMs(within, 0, 0)).toBe(50);
    expect(backoffDelayMs(within, 0, 0.5)).toBe(62.5);
    expect(backoffDelayMs(within, 5, 0.5)).toBe(75);
  });
});

describe("showsTheSame", () => {
  const same = look(silent(), { listen: listening({ inode: 7 }) });

  it("does not mind times and queues", () => {
    const later = look(silent({ ms: 900 }), { listen: listening({ inode: 7, acceptQueue: 3 }), atMs: 9000 });
    expect(showsTheSame(same, { ...later, began: moment(8000), stalledMs: 3 })).toBe(true);
  });

  it.each([
    ["another socket", look(silent(), { listen: listening({ inode: 8 }) })],
    ["no socket", look(silent(), { listen: unbound() })],
    ["another outcome", look(refused(), { listen: listening({ inode: 7 }) })],
    ["another answer", look(answered("not-ready"), { listen: listening({ inode: 7 }) })],
    ["another code", look(silent({ code: "SETTINGS_ONLY" }), { listen: listening({ inode: 7 }) })],
    ["other models", look(silent({ modelsPending: ["iris"] }), { listen: listening({ inode: 7 }) })],
    ["another number of addresses", look([silent(), silent()], { listen: listening({ inode: 7 }) })],
  ])("minds %s", (_what, other) => {
    expect(showsTheSame(same, other)).toBe(false);
  });

  it("minds another errno", () => {
    const [one, other] = [look(failed("unreachable")), look(failed("unreachable", { errno: "ENETUNREACH" }))];
    expect(showsTheSame(one, other)).toBe(false);
  });
});
