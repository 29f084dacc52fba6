/** Classes of verdicts, worst first: the gate's verdict is that of its worst required target. */
export const VERDICT_CLASSES = [
  "network-block",
  "misconfiguration",
  "server-fault",
  "unknown",
  "slow-startup",
  "ready",
] as const;

export type VerdictClass = (typeof VERDICT_CLASSES)[number];

/** What all verdicts of a class have in common, in one sentence. */
export const CLASS_MEANINGS: Readonly<Record<VerdictClass, string>> = {
  "network-block": "Something between the gate and the server stops the connection: waiting will not help.",
  misconfiguration: "The server and the target do not fit together: one of them has to be set otherwise.",
  "server-fault": "The server itself fails, and its own log or exit code says why.",
  unknown: "The evidence does not decide, or the gate could not look.",
  "slow-startup": "The server is not there yet, and nothing speaks for more than that: wait.",
  ready: "The target does what it should.",
};

/**
 * What is to be said about one verdict. Words between backticks are code, to be typed or compared as they stand; `POD`,
 * `SERVER`, `PID` and other words in capitals among them stand for the reader's own.
 */
export interface VerdictEntry {
  /** What the code means, in one sentence. */
  readonly means: string;
  /** What must have been observed. */
  readonly told: string;
  /** What else looks like it, and what tells the two apart. */
  readonly alike: string;
  /** What a person can do next, short: it is part of every snapshot. */
  readonly remedy: string;
}
