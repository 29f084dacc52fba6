import type { Moment } from "../core/moment.ts";
import type { Entry } from "./outline.ts";

/**
 * Reads `wall=` (seconds since the epoch) and `up=` (seconds since boot, to two decimals; 0 where it is not told: then
 * the wall clock stands in). Null when there is no time.
 */
export function readMoment({ fields }: Entry): Moment | null {
  const wallMs = milliseconds(fields.get("wall"));
  if (wallMs === null) return null;
  return { wallMs, monotonicMs: milliseconds(fields.get("up")) || wallMs };
}

function milliseconds(seconds: string | undefined): number | null {
  if (seconds === undefined || !/^\d{1,11}(?:\.\d{1,9})?$/.test(seconds)) return null;
  return Math.round(Number(seconds) * 10_000) / 10;
}
