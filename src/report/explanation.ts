import { styleText } from "node:util";
import {
  CLASS_MEANINGS,
  compareCodes,
  VERDICT_CLASSES,
  VERDICT_CODES,
  VERDICTS,
  type VerdictClass,
  type VerdictCode,
} from "../core/verdict-table.ts";
import { wrap } from "./explanation-text.ts";
import { painter } from "./story.ts";

/** How and where an explanation is shown. */
export interface ExplanationStyle {
  /** Characters a line. */
  readonly width: number;
  readonly hasColours: boolean;
  /** The exit code of commands that end with a verdict of the class. */
  readonly exitCodeOf: (verdictClass: VerdictClass) => number;
}

const INDENT = "  ";
const CODE_WIDTH = Math.max(...VERDICT_CODES.map((code) => code.length)) + 2;
/** A terminal narrower than this gets lines that it has to break itself. */
const NARROWEST = 40;

/** Whether there are colours is the caller's decision: Node.js would look at the terminal once more. */
const ALWAYS = { validateStream: false };

/** Letters of a word that must agree; of a shorter word all of them, and a still shorter one agrees with too much. */
const SHARED_LETTERS = 4;
const SHORTEST_WORD = 3;

const PARTS = [
  ["means", "What it means"],
  ["told", "How it is told"],
  ["alike", "What else looks like it"],
  ["remedy", "What to do"],
] as const;

/** All codes by class, the worst class first, each with its meaning. */
export function explainAll(style: ExplanationStyle): string {
  const head = "All verdicts, the worst first. `readiness-gate explain CODE` says more about one.";
  const classes = VERDICT_CLASSES.map((verdictClass) => [
    ...classHead(verdictClass, style),
    ...VERDICT_CODES.filter((code) => VERDICTS[code].class === verdictClass).flatMap((code) => row(code, style)),
  ]);
  return [...paragraph(head, "", style), ...classes.flatMap((lines) => ["", ...lines]), ""].join("\n");
}

/** Everything that the table says about one code. */
export function explainCode(code: VerdictCode, style: ExplanationStyle): string {
  const entry = VERDICTS[code];
  const paint = painter(style.hasColours);
  const head = [paint(entry.class, code), classLabel(entry.class, style)];
  const parts = PARTS.flatMap(([key, title]) => [
    "",
    style.hasColours ? styleText("bold", title, ALWAYS) : title,
    ...paragraph(entry[key], INDENT, style),
  ]);
  return [...head, ...parts, ""].join("\n");
}

/** The code that a person names, in any case and with any separator; null when there is none. */
export function codeNamed(word: string): VerdictCode | null {
  const name = normalised(word);
  return VERDICT_CODES.find((code) => code === name) ?? null;
}

/** Codes that share a word, or the beginning of one, with what a person wrote; sorted as they are told, worst first. */
export function codesLike(word: string): readonly VerdictCode[] {
  const asked = normalised(word).split("_");
  const beginnings = asked.filter((one) => one.length >= SHORTEST_WORD).map((one) => one.slice(0, SHARED_LETTERS));
  const isAlike = (part: string) => beginnings.some((beginning) => part.startsWith(beginning));
  return VERDICT_CODES.filter((code) => code.split("_").some(isAlike)).sort(compareCodes);
}

function normalised(word: string): string {
  return word
    .trim()
    .toUpperCase()
    .replaceAll(/[\s-]+/g, "_");
}

function classHead(verdictClass: VerdictClass, style: ExplanationStyle): readonly string[] {
  const label = classLabel(verdictClass, style);
  const name = painter(style.hasColours)(verdictClass, label);
  return [name, ...paragraph(CLASS_MEANINGS[verdictClass], "", style)];
}

function classLabel(verdictClass: VerdictClass, { exitCodeOf }: ExplanationStyle): string {
  return `${verdictClass} (exit code ${exitCodeOf(verdictClass)})`;
}

/** A code and its meaning in two columns, or below each other where there is no room for two. */
function row(code: VerdictCode, style: ExplanationStyle): readonly string[] {
  const { means } = VERDICTS[code];
  const column = INDENT.length + CODE_WIDTH;
  if (style.width < column + NARROWEST) return [INDENT + code, ...paragraph(means, INDENT + INDENT, style)];
  const [first = "", ...rest] = paragraph(means, " ".repeat(column), style);
  return [INDENT + code.padEnd(CODE_WIDTH) + first.slice(column), ...rest];
}

function paragraph(text: string, indent: string, { width, hasColours }: ExplanationStyle): readonly string[] {
  const lines = wrap(text, Math.max(NARROWEST, width) - indent.length);
  return lines.map((line) => indent + (hasColours ? highlighted(line) : line));
}

function highlighted(line: string): string {
  return line.replaceAll(/`([^`]*)`/g, (_match, code: string) => styleText("cyan", code, ALWAYS));
}
