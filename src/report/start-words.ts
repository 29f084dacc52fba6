import type { SnapshotTarget } from "../core/snapshot.ts";
import { between, inWords, timeOfDay } from "./time-words.ts";

/** Sooner than this after the first look nothing has happened: it was so before. */
const AT_ONCE_MS = 300;
/** A step that takes less is not worth a word. */
const NOTABLE_MS = 50;

/** The steps of a start: what was waited for, what was there already at the first look, and what is still waited for. */
const STEPS = [
  { key: "listeningAt", until: "until the port was bound", already: "bound", awaited: "no socket on the port" },
  {
    key: "connectedAt",
    until: "until it took a connection",
    already: "taking connections",
    awaited: "no connection",
  },
  { key: "answeredAt", until: "until it answered", already: "answering", awaited: "no answer" },
  { key: "readyAt", until: "until it was ready", already: "ready", awaited: "not ready" },
] as const;

/** Where the time of a start went, in the order in which it went; empty before the first look. */
export function startWords(target: SnapshotTarget, now: string): readonly string[] {
  const { firstProbeAt } = target.timeline;
  if (firstProbeAt === null) return [];
  const reached = STEPS.flatMap((step) => {
    const at = target.timeline[step.key];
    return at === null ? [] : [{ ...step, at }];
  });
  const before = reached.filter(({ at }) => between(firstProbeAt, at) < AT_ONCE_MS).at(-1);
  const words = before === undefined ? [] : [`${before.already} already at the first look`];
  let since = firstProbeAt;
  for (const { at, until } of reached) {
    const ms = between(since, at);
    if (ms < NOTABLE_MS || between(firstProbeAt, at) < AT_ONCE_MS) continue;
    words.push(`${inWords(ms)} ${until}`);
    since = at;
  }
  return [...words, ...presentWords(target, now)];
}

/** What came after the start, or what it still waits for. */
function presentWords(target: SnapshotTarget, now: string): readonly string[] {
  const { timeline, ready } = target;
  const lost = timeline.lostAt === null ? [] : [`lost at ${timeOfDay(timeline.lostAt)}`];
  const back = timeline.backAt === null || !ready ? [] : [`back at ${timeOfDay(timeline.backAt)}`];
  const isStarting = !ready && timeline.lostAt === null;
  return [...lost, ...back, ...restartWords(target), ...(isStarting ? awaitedWords(target, now) : [])];
}

function restartWords({ restarts, restartedAt }: SnapshotTarget): readonly string[] {
  const last = restartedAt.at(-1);
  if (restarts === 0 || last === undefined) return [];
  return [`${restarts} ${restarts === 1 ? "restart" : "restarts"}, the last at ${timeOfDay(last)}`];
}

function awaitedWords({ timeline }: SnapshotTarget, now: string): readonly string[] {
  const last = STEPS.findLastIndex(({ key }) => timeline[key] !== null);
  const since = timeline[STEPS[last]?.key ?? "firstProbeAt"];
  const awaited = STEPS[last + 1]?.awaited;
  return since === null || awaited === undefined ? [] : [`${awaited} for ${inWords(between(since, now))} so far`];
}
