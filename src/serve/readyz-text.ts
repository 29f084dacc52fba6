import { type ParsedDuration, parseDuration } from "../core/duration.ts";
import type { GateState } from "../core/gate.ts";
import { type Moment, millisecondsBetween } from "../core/moment.ts";
import { type Readiness, readinessOf, staleAfterMs } from "../core/readiness.ts";
import type { TargetState } from "../core/target-state.ts";
import type { VerdictClass } from "../core/verdict-table.ts";
import { type Query, queryValues } from "./query.ts";

/** A status code and a plain text. */
export interface TextAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * Status codes of `?code=class`, in the order of exit codes 10 to 14. A closed gate whose worst verdict is READY waits
 * for its success threshold: that is a slow start too.
 */
const STATUS_OF_CLASS: Readonly<Record<VerdictClass, number>> = {
  ready: 510,
  "slow-startup": 510,
  "network-block": 511,
  misconfiguration: 512,
  "server-fault": 513,
  unknown: 514,
};

const LONGEST_NAME = 40;
const UNMATCHED_SHOWN = 8;

/**
 * Answers `/readyz`. The text of a failure is the same for as long as its verdict is: the kubelet folds equal events.
 *
 * `?exclude=NAME` leaves targets out, `?code=class` tells the class of a failure by its status code, and `?verbose` lists
 * every target as the Kubernetes API server lists its checks
 * (https://kubernetes.io/docs/reference/using-api/health-checks/). Other keys are ignored.
 */
export function readyzAnswer(state: GateState, now: Moment, query: Query): TextAnswer {
  const readiness = readinessOf(state, now, queryValues(query, "exclude"));
  const isByClass = queryValues(query, "code").includes("class");
  const isVerbose = queryValues(query, "verbose").length > 0;
  return {
    status: readiness.isReady ? 200 : failureStatus(readiness, isByClass),
    body: isVerbose ? verboseBody(readiness, state, now) : briefBody(readiness, state),
  };
}

/**
 * Answers `/startupz`: 503 until the gate has been open once, 200 from then on; with `?release=120s` 200 after that time
 * since the gate's start in any case. A release that is no duration is 400 at all times, so that it is noticed.
 */
export function startupzAnswer(state: GateState, now: Moment, query: Query): TextAnswer {
  const [text] = queryValues(query, "release");
  const release: ParsedDuration | null = text === undefined ? null : parseDuration(text);
  if (release?.ok === false)
    return { status: 400, body: `bad release: it ${release.problem} (take one such as 120s)\n` };
  const isReleased = release !== null && millisecondsBetween(state.startedAt, now) >= release.ms;
  if (state.openedAt !== null || isReleased) return { status: 200, body: "ok" };
  return { status: 503, body: failureLine(readinessOf(state, now), state) };
}

function failureStatus({ isStale, verdict }: Readiness, isByClass: boolean): number {
  if (!isByClass) return 503;
  return isStale ? STATUS_OF_CLASS.unknown : STATUS_OF_CLASS[verdict.class];
}

function briefBody(readiness: Readiness, state: GateState): string {
  return readiness.isReady ? "ok" : failureLine(readiness, state);
}

function failureLine(readiness: Readiness, state: GateState): string {
  if (readiness.isStale) return `not ready: no look at ${oldest(readiness, state)} in time: the watcher is stuck\n`;
  const { target, verdict } = readiness;
  return `not ready: ${target} ${verdict.code}: ${verdict.summary}\n`;
}

function verboseBody(readiness: Readiness, state: GateState, now: Moment): string {
  const limitMs = staleAfterMs(state.policy);
  const lines = readiness.targets.map(({ state: one, isExcluded }) => {
    if (isExcluded) return `[+]${one.target.name} excluded: ok`;
    return targetLine(one, millisecondsBetween(lastSeen(one, state), now) > limitMs);
  });
  const closing = `readyz check ${readiness.isReady ? "passed" : "failed"}`;
  return `${[...lines, ...warnLines(readiness.unmatched), closing].join("\n")}\n`;
}

function targetLine({ target, isReady, verdict }: TargetState, isStale: boolean): string {
  const note = target.required ? "" : " (not required)";
  if (isStale) return `[-]${target.name} failed: no look in time: the watcher is stuck${note}`;
  if (isReady) return `[+]${target.name} ok${note}`;
  return `[-]${target.name} failed: ${verdict.code}: ${verdict.summary}${note}`;
}

/** The names come from whoever asks: quoted, clipped and few. */
function warnLines(unmatched: readonly string[]): readonly string[] {
  if (unmatched.length === 0) return [];
  const names = [...new Set(unmatched)].slice(0, UNMATCHED_SHOWN);
  const quoted = names.map((name) => JSON.stringify(name.slice(0, LONGEST_NAME))).join(",");
  return [`warn: some targets cannot be excluded: no matches for ${quoted}`];
}

/** Name of the required target that has gone unseen for longest. */
function oldest(readiness: Readiness, state: GateState): string {
  const kept = readiness.targets.filter(({ state: one, isExcluded }) => one.target.required && !isExcluded);
  const [first] = kept
    .map(({ state: one }) => ({ name: one.target.name, seenMs: lastSeen(one, state).monotonicMs }))
    .sort((a, b) => a.seenMs - b.seenMs);
  return first?.name ?? readiness.target;
}

function lastSeen({ lastLookedAt }: TargetState, { startedAt }: GateState): Moment {
  return lastLookedAt ?? startedAt;
}
