import type { Moment } from "./moment.ts";
import { classOf, compareCodes, VERDICTS, type VerdictClass, type VerdictCode } from "./verdict-table.ts";

/** What a look meant, before it is known since when. */
export interface Reading {
  readonly code: VerdictCode;
  /** One line; the same text for as long as the code and its cause are the same: no times, no counters. */
  readonly summary: string;
  /** One observed fact a line, with figures. */
  readonly evidence: readonly string[];
}

/** What the observations of one target, over time, mean. */
export interface Verdict extends Reading {
  readonly class: VerdictClass;
  readonly remedy: string;
  /** Since when the code is the same. */
  readonly since: Moment;
}

/** Makes a verdict of a reading; `previous` keeps its `since` when the code is the same. */
export function verdictOf(reading: Reading, at: Moment, previous: Verdict | null): Verdict {
  return {
    ...reading,
    class: classOf(reading.code),
    remedy: VERDICTS[reading.code].remedy,
    since: previous?.code === reading.code ? previous.since : at,
  };
}

/** The worst of some verdicts: by class, then by the order of the table, then the first; null of none. */
export function worst<T extends { readonly verdict: Reading }>(holders: readonly T[]): T | null {
  let found: T | null = null;
  for (const holder of holders) {
    if (found === null || compareCodes(holder.verdict.code, found.verdict.code) < 0) found = holder;
  }
  return found;
}
