import {
  CLASS_MEANINGS,
  VERDICT_CLASSES,
  VERDICT_CODES,
  VERDICTS,
  type VerdictClass,
  type VerdictCode,
} from "../core/verdict-table.ts";
import { wrap } from "./explanation-text.ts";

/** What the page of verdicts is made from, beside the table. */
export interface VerdictPageInput {
  /** The page as it is: what stands between its marks is kept. Empty for a new page. */
  readonly current: string;
  /** The exit code of commands that end with a verdict of the class. */
  readonly exitCodeOf: (verdictClass: VerdictClass) => number;
}

/** The lab prints what it saw between these marks. */
const MATRIX_BEGIN = "<!-- matrix:begin -->";
const MATRIX_END = "<!-- matrix:end -->";

const LINE_WIDTH = 120;

const INTRO = `# Verdicts

This page is made by \`npm run docs\` from \`src/core/verdict-table.ts\`. Do not edit it: only
[the last section](#what-the-lab-saw) is the lab's. \`readiness-gate explain CODE\` prints the same on a terminal, and
[the runbook](runbook.md) answers the questions that come with a pod that does not get ready.

A verdict says what the looks at one target, over time, mean. Two rules stand above all others: a slow start is never
called a network block (while the evidence fits both, the verdict is \`UNKNOWN\` or of class slow-startup), and a verdict
names its evidence, one observed fact a line. Before the gate first opens, a verdict follows the latest look; afterwards
it takes \`GATE_FAILURE_THRESHOLD\` failing looks in a row to change it, and one that passes to change it back.

In the commands \`POD\`, \`SERVER\` (the server's container), \`PID\` (any process of the pod, as the node numbers it) and
other words in capitals stand for your own.`;

const CLASSES = `## Classes

The gate's verdict is that of its worst required target, in this order; codes of one class go by the order of this page.`;

const EMPTY_MATRIX = "The lab has not printed its matrix yet.";

const LAB = `## What the lab saw

Each row is a situation that the lab makes in a network namespace of its own; the columns are printed from what it saw.`;

/** The page `docs/verdicts.md`: every code with its whole entry, and the matrix that the lab left in the current page. */
export function verdictsMarkdown({ current, exitCodeOf }: VerdictPageInput): string {
  const sections = VERDICT_CLASSES.map((verdictClass) => classSection(verdictClass));
  const matrix = [MATRIX_BEGIN, matrixOf(current), MATRIX_END].join("\n");
  return `${[INTRO, CLASSES, classTable(exitCodeOf), ...sections, LAB, matrix].join("\n\n")}\n`;
}

function matrixOf(page: string): string {
  const begin = page.indexOf(MATRIX_BEGIN);
  const end = page.indexOf(MATRIX_END, begin);
  if (begin < 0 || end < 0) return EMPTY_MATRIX;
  return page.slice(begin + MATRIX_BEGIN.length, end).trim() || EMPTY_MATRIX;
}

function classTable(exitCodeOf: VerdictPageInput["exitCodeOf"]): string {
  const rows = VERDICT_CLASSES.map((one) => {
    const codes = codesOf(one).map((code) => linked(`\`${code}\``));
    return `| [${one}](#class-${one}) | ${exitCodeOf(one)} | ${CLASS_MEANINGS[one]} | ${codes.join(" ")} |`;
  });
  return ["| class | exit code | means | codes |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

function classSection(verdictClass: VerdictClass): string {
  return [`## Class ${verdictClass}`, CLASS_MEANINGS[verdictClass], ...codesOf(verdictClass).map(codeSection)].join(
    "\n\n",
  );
}

function codeSection(code: VerdictCode): string {
  const { means, told, alike, remedy } = VERDICTS[code];
  const items = [
    item(`**How it is told.** ${told}`),
    item(`**What else looks like it.** ${alike}`),
    item(`**What to do.** ${remedy}`),
  ];
  return `### ${code}\n\n${wrap(linked(means), LINE_WIDTH).join("\n")}\n\n${items.join("\n")}`;
}

function item(text: string): string {
  return `- ${wrap(linked(text), LINE_WIDTH - 2).join("\n  ")}`;
}

/** Makes a link of each code in backticks. */
function linked(text: string): string {
  return text.replaceAll(/`([A-Z_]+)`/g, (whole, word: string) =>
    Object.hasOwn(VERDICTS, word) ? `[${whole}](#${word.toLowerCase()})` : whole,
  );
}

function codesOf(verdictClass: VerdictClass): readonly VerdictCode[] {
  return VERDICT_CODES.filter((code) => VERDICTS[code].class === verdictClass);
}
