import type { Moment } from "../core/moment.ts";
import { BURST_ATTEMPTS, type Burst } from "../core/proof.ts";
import { errnoOfText } from "./connect-errors.ts";
import { childrenOf, type Entry, wholeField } from "./outline.ts";
import { readMoment } from "./read-moment.ts";

/** Reads an entry `burst`; where its time is not told it gets the fallback's. */
export function readBurst(entry: Entry, fallback: Moment): Burst {
  const attempts = attemptsOf(entry);
  const tries = childrenOf(entry, "try").slice(0, attempts);
  const counters = childrenOf(entry, "counters");
  const [before, after] = ["before", "after"].map((when) => counters.find(({ fields }) => fields.get("when") === when));
  const change = (name: string) => changeOf(before, after, name);
  const spentUs = tries.reduce((sum, attempt) => sum + (wholeField(attempt, "us") ?? 0), 0);
  return {
    at: readMoment(entry) ?? fallback,
    // Those that hung, or of which the file does not tell, are attempts too: they were not refused.
    attempts,
    refused: tries.filter(isRefused).length,
    ms: Math.round(spentUs / 100) / 10,
    resetsSent: change("OutRsts"),
    attemptFails: change("AttemptFails"),
    icmpUnreachable: change("InDestUnreachs"),
    // The script does not count them.
    loopbackPackets: null,
  };
}

/** A burst of refusals that take a second each has fewer; a single attempt would prove nothing. */
function attemptsOf(entry: Entry): number {
  const attempts = wholeField(entry, "attempts") ?? BURST_ATTEMPTS;
  return attempts >= 2 && attempts <= BURST_ATTEMPTS ? attempts : BURST_ATTEMPTS;
}

/** What the first attempt of a burst ended with: an error's name, `DEADLINE`, or null when it connected. */
export function firstErrno(entry: Entry): string | null {
  const attempt = childrenOf(entry, "try")[0];
  if (attempt === undefined) return "DEADLINE";
  return attempt.fields.get("status") === "0" ? null : errnoOfText(attempt.fields.get("text") ?? "");
}

/** By how much a counter rose between two entries; null where it is not told or fell. */
export function changeOf(before: Entry | undefined, after: Entry | undefined, name: string): number | null {
  const [from, to] = [before, after].map((entry) => (entry === undefined ? null : wholeField(entry, name)));
  return from == null || to == null || to < from ? null : to - from;
}

/** Over IPv6 a rule's "administratively prohibited" reaches connect(2) as EACCES. */
function isRefused({ fields }: Entry): boolean {
  const errno = errnoOfText(fields.get("text") ?? "");
  return fields.get("status") !== "0" && (errno === "ECONNREFUSED" || errno === "EACCES");
}
