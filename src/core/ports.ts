import type { Moment } from "./moment.ts";

/** The only source of time. */
export interface Clock {
  now(): Moment;
  /** Calls back once after `ms` milliseconds; the returned function takes it back. */
  after(ms: number, callback: () => void): () => void;
}
