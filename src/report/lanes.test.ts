import { expect, it } from "vitest";
import type { SnapshotTarget } from "../core/snapshot.ts";
import { lanesOf } from "./lanes.ts";

const STYLE = { width: 60, hasColours: false, isUnicode: false };

function target(name: string, second: number): SnapshotTarget {
  const at = (seconds: number) => new Date(Date.UTC(2026, 10, 24, 12, 0, seconds)).toISOString();
  const timeline = {
    firstProbeAt: at(0),
    listeningAt: at(second),
    connectedAt: at(second),
    answeredAt: at(second + 1),
    readyAt: at(second + 2),
    lostAt: null,
    backAt: null,
  };
  return { name, timeline } as SnapshotTarget;
}

it("draws every target over the same span, behind its name and within the width", () => {
  const now = "2026-11-24T12:00:10.000Z";
  const lines = lanesOf({ targets: [target("http", 4), target("grpc", 2)], now }, STYLE);
  const bars = lines.filter((line) => /^(http|grpc) /.test(line));
  expect(bars).toHaveLength(2);
  expect(bars[0]?.indexOf("#")).toBeGreaterThan(bars[1]?.indexOf("#") ?? Number.POSITIVE_INFINITY);
  expect(lines.every((line) => line.length <= STYLE.width)).toBe(true);
  expect(lines.join("\n")).toContain("R ready +6");
});
