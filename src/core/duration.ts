/** A duration that was read, or why it was not: a predicate such as "has no unit". */
export type ParsedDuration =
  | { readonly ok: true; readonly ms: number }
  | { readonly ok: false; readonly problem: string };

/** The longest duration that text can name, in milliseconds: 365 days. */
export const LONGEST_DURATION_MS = 365 * 24 * 3_600_000;

const LONGEST_TEXT = 40;
/** Longer fractions never come to whole milliseconds: 3,600,000 holds the factors 2 and 5 seven and five times. */
const LONGEST_FRACTION = 7;

const UNITS_MS = [3_600_000, 60_000, 1_000, 1] as const;
const GRAMMAR = /^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/;

/**
 * Reads a duration: numbers with their units `h`, `m`, `s`, `ms`, the largest first (`1m30s`, `1.5s`, `250ms`). A unit
 * is required, and the whole must come to milliseconds without a remainder. Never throws.
 */
export function parseDuration(text: string): ParsedDuration {
  if (text === "") return { ok: false, problem: "is empty" };
  if (text.length > LONGEST_TEXT) return { ok: false, problem: "is too long" };
  const parts = GRAMMAR.exec(text);
  if (parts === null) return { ok: false, problem: problemWith(text) };
  const ms = UNITS_MS.reduce((sum, unitMs, index) => sum + millisecondsOf(parts[index + 1], unitMs), 0);
  if (Number.isNaN(ms)) return { ok: false, problem: "is finer than 1ms" };
  if (ms > LONGEST_DURATION_MS) return { ok: false, problem: `is longer than ${formatDuration(LONGEST_DURATION_MS)}` };
  return { ok: true, ms };
}

/**
 * A duration for people: `1m30s`, `1.5s`, `250ms`, `0s`. Rounded to whole milliseconds; what is below zero counts as
 * zero. `parseDuration` reads it back.
 */
export function formatDuration(ms: number): string {
  const wholeMs = Math.max(0, Math.round(ms));
  if (wholeMs === 0) return "0s";
  if (wholeMs < 1_000) return `${wholeMs}ms`;
  const hours = Math.floor(wholeMs / 3_600_000);
  const minutes = Math.floor((wholeMs % 3_600_000) / 60_000);
  const seconds = (wholeMs % 60_000) / 1_000;
  return `${hours > 0 ? `${hours}h` : ""}${minutes > 0 ? `${minutes}m` : ""}${seconds > 0 ? `${seconds}s` : ""}`;
}

/** In integers, since `1.001 * 1000` is not 1001; NaN when a part of a millisecond is left. */
function millisecondsOf(part: string | undefined, unitMs: number): number {
  if (part === undefined) return 0;
  const [whole = "0", decimals = ""] = part.split(".");
  const fraction = decimals.replace(/0+$/, "");
  if (fraction.length > LONGEST_FRACTION) return Number.NaN;
  const scaled = Number(fraction) * unitMs;
  const scale = 10 ** fraction.length;
  return scaled % scale === 0 ? Number(whole) * unitMs + scaled / scale : Number.NaN;
}

function problemWith(text: string): string {
  if (/^[\d.]+$/.test(text)) return "has no unit";
  if (/^[+-]/.test(text)) return "has a sign";
  if (/\s/.test(text)) return "has a space";
  return "is not like 1h2m3s4ms";
}
