/**
 * One point in time, read once on both clocks. Durations are differences of `monotonicMs` (a wall clock may be set
 * back while a server starts); points that people read are `wallMs`.
 */
export interface Moment {
  /** Milliseconds on the monotonic clock of this process; only differences mean anything. */
  readonly monotonicMs: number;
  /** Milliseconds since the Unix epoch, UTC. */
  readonly wallMs: number;
}

/** Milliseconds from one moment to a later one, on the monotonic clock. */
export function millisecondsBetween(earlier: Moment, later: Moment): number {
  return later.monotonicMs - earlier.monotonicMs;
}

/** The moment that many milliseconds later. */
export function momentAfter(moment: Moment, ms: number): Moment {
  return { monotonicMs: moment.monotonicMs + ms, wallMs: moment.wallMs + ms };
}

/** The wall-clock side of a moment as RFC 3339 text in UTC, with milliseconds. */
export function isoTime(moment: Moment): string {
  return new Date(moment.wallMs).toISOString();
}
