import type { Snapshot } from "../../core/snapshot.ts";
import { inWords } from "../../report/time-words.ts";

/** The stretches of time that lanes can show. */
export type WindowName = "all" | "start" | "recent";

/** A stretch of time, in milliseconds since the epoch by the gate's clock. */
export interface TimeWindow {
  readonly name: WindowName;
  readonly from: number;
  readonly to: number;
}

/** A labelled time on the axis of a window. */
export interface Tick {
  readonly at: number;
  readonly label: string;
}

/** As long as everything fits into this there is nothing to choose. */
export const RECENT_MS = 600_000;

/** How much of a start's length is shown after it. */
const START_MARGIN = 0.25;
const SHORTEST_MS = 1000;
const MOST_TICKS = 6;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const TICK_STEPS_MS = [
  ...[0.2, 0.5, 1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 6, 12, 24, 48, 168].map((count) => count * HOUR),
];

/** The stretch of time to show: the one that was chosen, else everything, the start, or the last minutes. */
export function windowOf(snapshot: Snapshot, now: string, chosen: WindowName | null): TimeWindow {
  const from = firstLook(snapshot);
  const to = Math.max(Date.parse(now), from + SHORTEST_MS);
  const name = to - from <= RECENT_MS ? "all" : (chosen ?? fitting(snapshot, to));
  if (name === "recent") return { name, from: to - RECENT_MS, to };
  return name === "start" ? { name, from, to: Math.min(to, startEnd(snapshot, from, to)) } : { name, from, to };
}

/** The times to label, at round distances from the window's begin, or for the last minutes from now. */
export function ticksOf({ name, from, to }: TimeWindow): readonly Tick[] {
  const length = to - from;
  const stepMs = TICK_STEPS_MS.find((step) => length / step <= MOST_TICKS) ?? length / MOST_TICKS;
  const count = Math.floor(length / stepMs);
  const distances = Array.from({ length: count + 1 }, (_none, index) => index * stepMs);
  if (name !== "recent") return distances.map((ms) => ({ at: from + ms, label: ms === 0 ? "0" : `+${inWords(ms)}` }));
  return distances.map((ms) => ({ at: to - ms, label: ms === 0 ? "now" : `−${inWords(ms)}` })).reverse();
}

function firstLook({ startedAt, targets }: Snapshot): number {
  const firsts = targets.flatMap(({ timeline }) => timeline.firstProbeAt ?? []);
  return Math.min(...(firsts.length === 0 ? [startedAt] : firsts).map((at) => Date.parse(at)));
}

/** After a start that went well and with nothing new since, the start is what there is to see. */
function fitting({ phase, targets }: Snapshot, to: number): WindowName {
  const latest = Math.max(...targets.map(({ verdict }) => Date.parse(verdict.since)));
  return phase === "ready" && to - latest > RECENT_MS ? "start" : "recent";
}

function startEnd({ targets }: Snapshot, from: number, to: number): number {
  const required = targets.filter((target) => target.required);
  // Under GATE_OPEN_ON=live a gate opens before its targets are ready.
  const ends = required.map(({ timeline }) => timeline.readyAt ?? timeline.answeredAt);
  const last = Math.max(from + SHORTEST_MS, ...ends.map((at) => (at === null ? to : Date.parse(at))));
  return last + (last - from) * START_MARGIN;
}
