import type { SnapshotTarget } from "../core/snapshot.ts";
import type { VerdictClass } from "../core/verdict-table.ts";
import { paintsOf, type ReportStyle, type Signs, signsOf } from "./report-style.ts";
import { between, inWords } from "./time-words.ts";

/** The stretch of time that lanes show, as RFC 3339 times. */
export interface Span {
  readonly from: string;
  readonly to: string;
}

type Timeline = SnapshotTarget["timeline"];
type Phase = Exclude<keyof Signs, "bullet" | "rule">;

interface Point {
  readonly at: string;
  /** The letter that marks it. */
  readonly mark: string;
  readonly name: string;
  /** The phase that begins with it. */
  readonly phase: Phase;
}

const POINTS: readonly (Omit<Point, "at"> & { readonly key: keyof Timeline })[] = [
  { key: "listeningAt", mark: "B", name: "bound", phase: "bound" },
  { key: "connectedAt", mark: "C", name: "connected", phase: "connects" },
  { key: "answeredAt", mark: "A", name: "answered", phase: "answers" },
  { key: "readyAt", mark: "R", name: "ready", phase: "ready" },
  { key: "lostAt", mark: "L", name: "lost", phase: "lost" },
  { key: "backAt", mark: "K", name: "back", phase: "ready" },
];

const CLASS_OF: Readonly<Record<Phase, VerdictClass>> = {
  unbound: "slow-startup",
  bound: "slow-startup",
  connects: "slow-startup",
  answers: "slow-startup",
  ready: "ready",
  lost: "server-fault",
};

/** The span that all targets' lanes share: from the first look to now. */
export function spanOf(targets: readonly SnapshotTarget[], now: string): Span {
  const firsts = targets.flatMap(({ timeline }) => (timeline.firstProbeAt === null ? [] : [timeline.firstProbeAt]));
  return { from: firsts.reduce((first, at) => (between(at, first) > 0 ? at : first), now), to: now };
}

/**
 * Draws one target's past: a bar over time whose cells show the phase, the letters of the points below it, and what the
 * letters mean. Two points of one cell stand beside each other. Lines are as wide as the style, less `indent`.
 */
export function laneLines(timeline: Timeline, span: Span, style: ReportStyle & { readonly indent: number }): string[] {
  const cells = style.width - style.indent;
  const points = pointsOf(timeline);
  const column = (at: string) => columnOf(at, span, cells);
  const marks = markLine(points, column, cells);
  const meaning = points.map(({ at, mark, name }) => `${mark} ${name} +${inWords(between(span.from, at))}`);
  return [
    barOf(points, column, { ...style, cells }),
    ...(points.length === 0 ? [] : [marks, ...packed(meaning, cells)]),
  ];
}

/** The points that there are, in the order in which they came; a return to readiness that is older than a loss is none. */
function pointsOf(timeline: Timeline): readonly Point[] {
  const points = POINTS.flatMap(({ key, ...point }) => {
    const at = timeline[key];
    return at === null ? [] : [{ ...point, at }];
  });
  return points.sort((a, b) => between(b.at, a.at));
}

function columnOf(at: string, { from, to }: Span, cells: number): number {
  const whole = between(from, to);
  const part = whole <= 0 ? 0 : between(from, at) / whole;
  return Math.min(cells - 1, Math.max(0, Math.floor(part * cells)));
}

function barOf(
  points: readonly Point[],
  column: (at: string) => number,
  style: ReportStyle & { readonly cells: number },
): string {
  const signs = signsOf(style);
  const { verdict: paint } = paintsOf(style);
  const starts = [
    { phase: "unbound" as Phase, from: 0 },
    ...points.map(({ phase, at }) => ({ phase, from: column(at) })),
  ];
  return starts
    .map(({ phase, from }, index) => {
      const length = (starts[index + 1]?.from ?? style.cells) - from;
      return length <= 0 ? "" : paint(CLASS_OF[phase], signs[phase].repeat(length));
    })
    .join("");
}

/** Each letter below its cell, or to the right of the letters that are there; what no longer fits is left out. */
function markLine(points: readonly Point[], column: (at: string) => number, cells: number): string {
  let line = "";
  for (const { at, mark } of points) {
    const place = Math.max(column(at), line.length);
    if (place < cells) line = line.padEnd(place) + mark;
  }
  return line;
}

/** Parts beside each other for as long as a line has room. */
function packed(parts: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const longer = last === undefined ? part : `${last}  ${part}`;
    if (last === undefined || longer.length > width) lines.push(part);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
