import { describe, expect, it } from "vitest";
import type { SnapshotTarget } from "../core/snapshot.ts";
import { laneLines, type Span, spanOf } from "./lane.ts";
import { startWords } from "./start-words.ts";
import { inWords } from "./time-words.ts";

const BEGAN = Date.UTC(2026, 10, 24, 12);
const at = (ms: number) => new Date(BEGAN + ms).toISOString();
const NEVER: SnapshotTarget["timeline"] = {
  firstProbeAt: null,
  listeningAt: null,
  connectedAt: null,
  answeredAt: null,
  readyAt: null,
  lostAt: null,
  backAt: null,
};
const ASCII = { width: 42, indent: 2, hasColours: false, isUnicode: false };
const span = (ms: number): Span => ({ from: at(0), to: at(ms) });

/** A start of 40 s: bound after 20 s, connected at once, answering after 30 s, ready after 35 s. */
const SLOW = {
  ...NEVER,
  firstProbeAt: at(0),
  listeningAt: at(20_000),
  connectedAt: at(20_010),
  answeredAt: at(30_000),
  readyAt: at(35_000),
};

describe("a lane", () => {
  it("shows the phases of a start in proportion, its points below, and what they are", () => {
    expect(laneLines(SLOW, span(40_000), ASCII)).toEqual([
      "....................==========+++++#####",
      "                    BC        A    R",
      "B bound +20 s  C connected +20 s",
      "A answered +30 s  R ready +35 s",
    ]);
  });

  it("draws blocks where the terminal has them, and colours where there are any", () => {
    const [bar = ""] = laneLines(SLOW, span(40_000), { ...ASCII, isUnicode: true });
    expect(bar).toBe(`${"╌".repeat(20)}${"▒".repeat(10)}${"▓".repeat(5)}${"█".repeat(5)}`);
    const [painted = ""] = laneLines(SLOW, span(40_000), { ...ASCII, hasColours: true });
    expect(painted).toContain("\u001b[32m#####");
  });

  it("is empty but for time while nothing has happened", () => {
    expect(laneLines({ ...NEVER, firstProbeAt: at(0) }, span(5000), ASCII)).toEqual([".".repeat(40)]);
  });

  it("shows a loss and the return from it in their order", () => {
    const lost = { ...SLOW, lostAt: at(60_000), backAt: at(70_000) };
    const [bar = "", marks = ""] = laneLines(lost, span(80_000), ASCII);
    expect(bar).toMatch(/^\.+=+\++#+x+#+$/);
    expect(marks.trim().replaceAll(/ +/g, " ")).toBe("BC A R L K");
    const again = { ...lost, lostAt: at(75_000) };
    expect(laneLines(again, span(80_000), ASCII)[1]?.trim().replaceAll(/ +/g, " ")).toBe("BC A R K L");
  });

  it.each([8, 20, 80, 200])("keeps within %d columns, wherever the points are", (cells) => {
    for (const ms of [0, 1, 35_000, 1e9]) {
      const [bar = "", marks = ""] = laneLines(SLOW, span(ms), { ...ASCII, width: cells, indent: 0 });
      expect(bar).toHaveLength(cells);
      expect(marks.length).toBeLessThanOrEqual(cells);
    }
  });

  it("shares one span with the lanes of other targets", () => {
    const targets = [10_000, 5000, null].map((ms) => ({
      timeline: { ...NEVER, firstProbeAt: ms === null ? null : at(ms) },
    }));
    expect(spanOf(targets as SnapshotTarget[], at(20_000))).toEqual({ from: at(5000), to: at(20_000) });
    expect(spanOf([], at(20_000))).toEqual({ from: at(20_000), to: at(20_000) });
  });
});

describe("where the time of a start went, in words", () => {
  const words = (
    timeline: Partial<SnapshotTarget["timeline"]>,
    overrides: Partial<SnapshotTarget> = {},
    nowMs = 60_000,
  ) => {
    const target = { timeline: { ...NEVER, ...timeline }, ready: false, restarts: 0, restartedAt: [], ...overrides };
    return startWords(target as unknown as SnapshotTarget, at(nowMs)).join(", ");
  };

  it("names each step that took time", () => {
    expect(words(SLOW, { ready: true })).toBe(
      "20 s until the port was bound, 10 s until it answered, 5 s until it was ready",
    );
  });

  it("says what is waited for, and for how long", () => {
    expect(words({ firstProbeAt: at(0) })).toBe("no socket on the port for 1 min so far");
    expect(words({ firstProbeAt: at(0), listeningAt: at(20_000) })).toBe(
      "20 s until the port was bound, no connection for 40 s so far",
    );
    expect(words({ ...SLOW, readyAt: null })).toBe(
      "20 s until the port was bound, 10 s until it answered, not ready for 30 s so far",
    );
  });

  it("does not make up the time before the watch began", () => {
    const before = {
      firstProbeAt: at(0),
      listeningAt: at(1),
      connectedAt: at(5),
      answeredAt: at(8000),
      readyAt: at(8001),
    };
    expect(words(before, { ready: true })).toBe("taking connections already at the first look, 8 s until it answered");
    expect(words({ ...SLOW, listeningAt: null, connectedAt: null }, { ready: true })).toBe(
      "30 s until it answered, 5 s until it was ready",
    );
  });

  it("tells of losses and restarts", () => {
    const restarted = { restarts: 2, restartedAt: [at(40_000), at(50_000)], ready: true };
    expect(words({ ...SLOW, lostAt: at(41_000), backAt: at(52_000) }, restarted)).toMatch(
      /lost at 12:00:41Z, back at 12:00:52Z, 2 restarts, the last at 12:00:50Z$/,
    );
    expect(words({ ...SLOW, lostAt: at(41_000) })).toMatch(/lost at 12:00:41Z$/);
  });

  it("has nothing to say before the first look", () => {
    expect(words({})).toBe("");
  });
});

it.each([
  [0, "0 ms"],
  [999.6, "1 s"],
  [1549, "1.5 s"],
  [9949, "9.9 s"],
  [9951, "10 s"],
  [59_499, "59 s"],
  [62_000, "1 min 2 s"],
  [3_600_000, "1 h"],
  [7_500_000, "2 h 5 min"],
  [-5, "0 ms"],
])("says %d ms as %s", (ms, expected) => expect(inWords(ms)).toBe(expected));
