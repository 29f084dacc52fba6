import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openGate, slowStart } from "../../../test/page/scenes.ts";
import { answered, look, moment } from "../../../test/support/looks.ts";
import { RECENT_MS, ticksOf, windowOf } from "./window.ts";

const START_MS = moment(0).wallMs;
const HOUR_MS = 3_600_000;

describe("windowOf", () => {
  it("shows everything as long as that is short, whatever was chosen", () => {
    const snapshot = slowStart().snapshot();
    expect(windowOf(snapshot, snapshot.now, "recent")).toEqual({ name: "all", from: START_MS, to: START_MS + 63_400 });
  });

  it("shows the start of a gate that has been open for long", () => {
    const view = openGate();
    view.clock.advance(HOUR_MS);
    const snapshot = view.snapshot();
    const { name, from, to } = windowOf(snapshot, snapshot.now, null);
    expect([name, from, to]).toEqual(["start", START_MS, START_MS + 64_800 * 1.25]);
  });

  it("shows the last minutes where something has happened in them", () => {
    const view = openGate();
    view.clock.advance(HOUR_MS);
    for (let looks = 0; looks < 3; looks += 1) view.look("http", look(answered("error")));
    const snapshot = view.snapshot();
    const now = Date.parse(snapshot.now);
    expect(windowOf(snapshot, snapshot.now, null)).toEqual({ name: "recent", from: now - RECENT_MS, to: now });
  });

  it("shows what was chosen", () => {
    const view = openGate();
    view.clock.advance(HOUR_MS);
    const snapshot = view.snapshot();
    for (const name of ["all", "start", "recent"] as const) {
      expect(windowOf(snapshot, snapshot.now, name).name).toBe(name);
    }
  });
});

describe("ticksOf", () => {
  it.each([
    [63_400, ["0", "+15 s", "+30 s", "+45 s", "+1 min"]],
    [1000, ["0", "+200 ms", "+400 ms", "+600 ms", "+800 ms", "+1 s"]],
    [3 * HOUR_MS, ["0", "+30 min", "+1 h", "+1 h 30 min", "+2 h", "+2 h 30 min", "+3 h"]],
  ])("labels round distances in %d ms", (length, labels) => {
    expect(ticksOf({ name: "all", from: 0, to: length }).map(({ label }) => label)).toEqual(labels);
  });

  it("counts back from now in the last minutes", () => {
    const ticks = ticksOf({ name: "recent", from: 400_000, to: 1_000_000 });
    expect(ticks.at(-1)).toEqual({ at: 1_000_000, label: "now" });
    expect(ticks[0]).toEqual({ at: 400_000, label: "−10 min" });
  });

  it("are few, in order and inside, for any length", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 400 * 24 * HOUR_MS }), (length) => {
        const ticks = ticksOf({ name: "all", from: 0, to: length });
        expect(ticks.length).toBeLessThanOrEqual(7);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.every(({ at }, index) => at <= length && at > (ticks[index - 1]?.at ?? -1))).toBe(true);
      }),
    );
  });
});
