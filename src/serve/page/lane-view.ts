import { inWords } from "../../report/time-words.ts";
import { type Lane, type LanePhase, type Mark, PHASE_NAMES } from "./lane.ts";
import { type ElementPiece, h, type Piece } from "./piece.ts";
import { type TimeWindow, ticksOf } from "./window.ts";

/** How a lane is laid out, in pixels from its top; across it is in per cent, so that it fits any width without a script. */
const MARKS_BASELINE = 10;
const BAR_TOP = 16;
const BAR_HEIGHT = 28;
const BAR_BOTTOM = BAR_TOP + BAR_HEIGHT;
const LABELS_BASELINE = 58;

/** Heights of the bar: each step of a start stands higher, so that a lane can be read without its colours. */
const HEIGHTS: Readonly<Record<LanePhase, number>> = {
  unbound: 3,
  bound: 9,
  connects: 15,
  answers: 21,
  ready: BAR_HEIGHT,
  lost: BAR_HEIGHT,
  blocked: BAR_HEIGHT,
  misfit: BAR_HEIGHT,
  unsure: 12,
};

/** Phases with a pattern beside their colour, since they are as high as `ready`. */
const HATCHED = ["lost", "blocked", "misfit", "unsure"] as const satisfies readonly LanePhase[];

/** Marks closer than this, in per cent, stand in one place. */
const MARK_WIDTH = 3.5;
/** Where a text would leave the lane it is turned to the inside, in per cent. */
const EDGE = 4;

interface LaneContext {
  readonly window: TimeWindow;
  /** What the lane is of. */
  readonly name: string;
  /** When the gate opened or closed. */
  readonly gateChanges: readonly Mark[];
}

/** A target's past as a picture, with the same in words for those who do not see it. */
export function lanePicture({ stretches, marks }: Lane, { window, name, gateChanges }: LaneContext): ElementPiece {
  const x = (at: number) => position(at, window);
  const seen = stretches.filter(({ from, to }) => to > window.from && from < window.to);
  const words = seen.map(
    ({ phase, from, to }) => `${PHASE_NAMES[phase]} ${inWords(Math.min(to, window.to) - Math.max(from, window.from))}`,
  );
  return h(
    "svg",
    { class: "lane", role: "img", "aria-labelledby": `lane-${name}-title lane-${name}-words` },
    h("title", { id: `lane-${name}-title` }, `${name} over ${inWords(window.to - window.from)}`),
    h("desc", { id: `lane-${name}-words` }, words.length === 0 ? "not looked at yet" : words.join(", then ")),
    axis(window),
    seen.map(({ phase, from, to }) => bar(phase, [Math.max(from, window.from), Math.min(to, window.to)], x)),
    gateChanges.filter(({ at }) => isWithin(at, window)).map(({ at }) => rule(percent(x(at)), "gate-change")),
    placedMarks(marks.filter(({ at }) => isWithin(at, window)).map((mark) => ({ ...mark, x: x(mark.at) }))),
  );
}

function bar(phase: LanePhase, [from, to]: readonly [number, number], x: (at: number) => number): readonly Piece[] {
  const height = HEIGHTS[phase];
  const place = { x: percent(x(from)), width: percent(x(to) - x(from)), y: BAR_BOTTOM - height, height };
  const isHatched = HATCHED.some((one) => one === phase);
  return [
    h("rect", { ...place, class: `p-${phase}` }, h("title", {}, `${PHASE_NAMES[phase]} for ${inWords(to - from)}`)),
    ...(isHatched ? [h("rect", { ...place, class: "hatch", fill: `url(#hatch-${phase})` })] : []),
  ];
}

function axis(window: TimeWindow): readonly Piece[] {
  const ticks = ticksOf(window).map(({ at, label }) => ({ at: position(at, window), label }));
  return [
    ...ticks.map(({ at }) => rule(percent(at), "grid")),
    h("line", { class: "base", x1: "0", x2: "100%", y1: BAR_BOTTOM + 0.5, y2: BAR_BOTTOM + 0.5 }),
    ...ticks.map(({ at, label }) => word(at, LABELS_BASELINE, label)),
  ];
}

function rule(x: string, kind: string): ElementPiece {
  return h("line", { class: kind, x1: x, x2: x, y1: BAR_TOP - 2, y2: BAR_BOTTOM + 3 });
}

function word(at: number, y: number, text: string): ElementPiece {
  const anchor = at < EDGE ? "start" : at > 100 - EDGE ? "end" : "middle";
  return h("text", { x: percent(at), y, "text-anchor": anchor }, text);
}

interface PlacedMark extends Mark {
  readonly x: number;
}

/** The letters of the marks above the bar; those that would cover each other stand side by side at the first. */
function placedMarks(marks: readonly PlacedMark[]): readonly Piece[] {
  const groups: PlacedMark[][] = [];
  for (const mark of marks) {
    const group = groups.at(-1);
    const end = (group?.[0]?.x ?? -100) + MARK_WIDTH * (group?.length ?? 0);
    if (group === undefined || mark.x >= end) groups.push([mark]);
    else group.push(mark);
  }
  return [
    ...[...new Set(marks.map(({ x }) => percent(x)))].map((x) => rule(x, "mark")),
    ...groups.map((group) => {
      const letters = [...new Set(group.map(({ sign }) => sign))].join(" ");
      return h("g", { class: "mark" }, word(group[0]?.x ?? 0, MARKS_BASELINE, letters));
    }),
  ];
}

/** What the letters above a lane mean, and when each came: the same as a list. */
export function markList({ marks }: Lane, since: number): ElementPiece | null {
  if (marks.length === 0) return null;
  const restarts = marks.filter(({ sign }) => sign === "↻");
  const single = marks.filter((mark) => !restarts.includes(mark) || mark === restarts.at(-1));
  return h(
    "ol",
    { class: "marks" },
    single.map(({ at, sign, name }) => {
      const times = sign === "↻" && restarts.length > 1 ? ` ${restarts.length} times, last` : "";
      return h("li", {}, h("b", {}, sign), ` ${name}${times} `, h("span", {}, `+${inWords(at - since)}`));
    }),
  );
}

/** The phases that the lanes show, each with its colour and its pattern. */
export function legend(lanes: readonly Lane[], hasGateChanges: boolean): ElementPiece {
  const present = new Set(lanes.flatMap(({ stretches }) => stretches.map(({ phase }) => phase)));
  const phases = (Object.keys(PHASE_NAMES) as LanePhase[]).filter((phase) => present.has(phase));
  return h(
    "ul",
    { class: "legend", "aria-label": "What the lanes show" },
    phases.map((phase) => h("li", {}, swatch(phase), PHASE_NAMES[phase])),
    hasGateChanges && h("li", {}, gateSwatch(), "gate opens or closes"),
  );
}

function swatch(phase: LanePhase): ElementPiece {
  const height = Math.max(2, HEIGHTS[phase] / 2);
  const place = { x: 0, width: 14, y: 14 - height, height };
  const isHatched = HATCHED.some((one) => one === phase);
  return h(
    "svg",
    { class: "swatch", "aria-hidden": "true" },
    h("rect", { ...place, class: `p-${phase}` }),
    isHatched && h("rect", { ...place, class: "hatch", fill: `url(#hatch-${phase})` }),
  );
}

function gateSwatch(): ElementPiece {
  return h(
    "svg",
    { class: "swatch", "aria-hidden": "true" },
    h("line", { class: "gate-change", x1: 7, x2: 7, y1: 0, y2: 14 }),
  );
}

/** The patterns that lanes and their legend are filled with; once in a page. */
export function hatchPatterns(): ElementPiece {
  const ways: Readonly<Record<(typeof HATCHED)[number], string>> = {
    lost: "M-2 8 8 -2M2 12 12 2",
    blocked: "M0 0 10 10M10 0 0 10",
    misfit: "M0 2.5H10M0 7.5H10",
    unsure: "M2.5 0V10M7.5 0V10",
  };
  return h(
    "svg",
    { class: "patterns", width: 0, height: 0, "aria-hidden": "true" },
    HATCHED.map((phase) =>
      h(
        "pattern",
        { id: `hatch-${phase}`, width: 10, height: 10, patternUnits: "userSpaceOnUse" },
        h("path", { d: ways[phase], class: "hatching" }),
      ),
    ),
  );
}

function isWithin(at: number, { from, to }: TimeWindow): boolean {
  return at >= from && at <= to;
}

/** Where a time lies in a window, in per cent. */
function position(at: number, { from, to }: TimeWindow): number {
  return to <= from ? 0 : (100 * (at - from)) / (to - from);
}

function percent(value: number): string {
  return `${Math.round(value * 100) / 100}%`;
}
