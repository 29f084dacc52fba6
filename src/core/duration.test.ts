import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, LONGEST_DURATION_MS, parseDuration } from "./duration.ts";

describe("parseDuration", () => {
  it.each([
    ["250ms", 250],
    ["0s", 0],
    ["1.5s", 1_500],
    ["1.001s", 1_001],
    ["4.35s", 4_350],
    ["1m30s", 90_000],
    ["90s", 90_000],
    ["10m", 600_000],
    ["1h2m3s4ms", 3_723_004],
    ["0.0000025h", 9],
    ["1.500000000000s", 1_500],
    ["8760h", LONGEST_DURATION_MS],
  ])("reads %s", (text, ms) => {
    expect(parseDuration(text)).toEqual({ ok: true, ms });
  });

  it.each([
    ["", "is empty"],
    ["5", "has no unit"],
    ["1.5", "has no unit"],
    ["-1s", "has a sign"],
    ["+1s", "has a sign"],
    ["1m 30s", "has a space"],
    [" 1s", "has a space"],
    ["30s1m", "is not like 1h2m3s4ms"],
    ["1s1s", "is not like 1h2m3s4ms"],
    ["1S", "is not like 1h2m3s4ms"],
    ["1d", "is not like 1h2m3s4ms"],
    [".5s", "is not like 1h2m3s4ms"],
    ["1.s", "is not like 1h2m3s4ms"],
    ["1e3s", "is not like 1h2m3s4ms"],
    ["s", "is not like 1h2m3s4ms"],
    ["0.5ms", "is finer than 1ms"],
    ["0.00000025h", "is finer than 1ms"],
    ["8760h1ms", "is longer than 8760h"],
    ["99999999999999999999h", "is longer than 8760h"],
    ["1".repeat(41), "is too long"],
  ])("refuses %j: %s", (text, problem) => {
    expect(parseDuration(text)).toEqual({ ok: false, problem });
  });

  it("never throws and never yields anything but whole milliseconds within its bound", () => {
    const almost = fc.stringMatching(/^(?:[\d.+ -]{0,12}(?:ms|s|m|h)?){0,4}$/);
    fc.assert(
      fc.property(fc.oneof(fc.string(), almost), (text) => {
        const parsed = parseDuration(text);
        return !parsed.ok || (Number.isInteger(parsed.ms) && parsed.ms >= 0 && parsed.ms <= LONGEST_DURATION_MS);
      }),
    );
  });
});

describe("formatDuration", () => {
  it.each([
    [0, "0s"],
    [250, "250ms"],
    [1_500, "1.5s"],
    [90_000, "1m30s"],
    [61_001, "1m1.001s"],
    [600_000, "10m"],
    [3_600_000, "1h"],
    [0.3, "0s"],
    [-5, "0s"],
  ])("writes %d ms as %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it("writes what parseDuration reads back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LONGEST_DURATION_MS }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toEqual({ ok: true, ms });
      }),
    );
  });
});
