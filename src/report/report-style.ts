import { styleText } from "node:util";
import { painter } from "./story.ts";

/** How and where a report is shown. */
export interface ReportStyle {
  /** Characters a line. */
  readonly width: number;
  readonly hasColours: boolean;
  /** Whether the terminal shows UTF-8; without, the report is ASCII. */
  readonly isUnicode: boolean;
}

/** A terminal narrower than this gets lines that it has to break itself. */
export const NARROWEST = 40;

/** Signs of a report; each is one column wide. */
export interface Signs {
  readonly bullet: string;
  readonly rule: string;
  /** Cells of a lane by phase. */
  readonly unbound: string;
  readonly bound: string;
  readonly connects: string;
  readonly answers: string;
  readonly ready: string;
  readonly lost: string;
}

const UNICODE: Signs = {
  bullet: "·",
  rule: "─",
  unbound: "╌",
  bound: "░",
  connects: "▒",
  answers: "▓",
  ready: "█",
  lost: "×",
};

const ASCII: Signs = {
  bullet: "-",
  rule: "-",
  unbound: ".",
  bound: "-",
  connects: "=",
  answers: "+",
  ready: "#",
  lost: "x",
};

export function signsOf({ isUnicode }: ReportStyle): Signs {
  return isUnicode ? UNICODE : ASCII;
}

/** Colours of a report, by meaning; none where the style has none. */
export interface Paints {
  readonly verdict: ReturnType<typeof painter>;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
}

// Whether there are colours is the caller's decision: Node.js would look at the terminal once more.
const ALWAYS = { validateStream: false };

export function paintsOf({ hasColours }: ReportStyle): Paints {
  const verdict = painter(hasColours);
  if (!hasColours) return { verdict, bold: (text) => text, dim: (text) => text };
  return {
    verdict,
    bold: (text) => styleText("bold", text, ALWAYS),
    dim: (text) => styleText("dim", text, ALWAYS),
  };
}
