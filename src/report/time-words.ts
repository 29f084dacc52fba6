/** Milliseconds as people say them: `250 ms`, `1.5 s`, `41 s`, `1 min 2 s`, `2 h 5 min`. */
export function inWords(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole < 1000) return `${whole} ms`;
  if (whole < 9950) return `${Math.round(whole / 100) / 10} s`;
  const seconds = Math.round(whole / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return both(Math.floor(seconds / 60), "min", seconds % 60, "s");
  const minutes = Math.round(seconds / 60);
  return both(Math.floor(minutes / 60), "h", minutes % 60, "min");
}

function both(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** Milliseconds from one RFC 3339 time to a later one. */
export function between(earlier: string, later: string): number {
  return Date.parse(later) - Date.parse(earlier);
}

/** The time of day of an RFC 3339 time in UTC, to the second: `12:00:41Z`. */
export function timeOfDay(iso: string): string {
  return `${iso.slice(11, 19)}Z`;
}
