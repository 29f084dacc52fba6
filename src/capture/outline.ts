/** One line of a capture, with the lines that are indented below it. */
export interface Entry {
  /** Number of the line in the file, from 1. */
  readonly line: number;
  readonly word: string;
  /** What follows the first word, as it is. */
  readonly rest: string;
  /** The parts of the form `key=value`; the value of `text` goes to the end of the line. */
  readonly fields: ReadonlyMap<string, string>;
  readonly children: readonly Entry[];
}

/** Something in a capture that could not be read. */
export interface LineProblem {
  /** From 1; 0 for the file as a whole. */
  readonly line: number;
  readonly message: string;
}

/** A capture split into its lines. */
export interface Outline {
  readonly entries: readonly Entry[];
  readonly problems: readonly LineProblem[];
}

/** The first line of every capture that this version reads. */
export const HEADER = "readiness-gate-capture v1";
const HEADER_OF_ANY_VERSION = "readiness-gate-capture ";
/** A shell may print something of its own before the script does. */
const LINES_BEFORE_HEADER = 20;

/** More than the script ever prints. */
const LONGEST_CAPTURE = 1024 * 1024;
const LONGEST_LINE = 2048;
const PROBLEMS_KEPT = 20;

/** Whether a file is a capture, of whatever version. */
export function isCapture(text: string): boolean {
  const beginning = text.slice(0, LINES_BEFORE_HEADER * LONGEST_LINE).split(/\r?\n/);
  return headerIndex(beginning, HEADER_OF_ANY_VERSION) >= 0;
}

/** Splits a capture into its lines; what is no line of one is a problem. Never throws. */
export function outlineOf(text: string): Outline {
  if (text.length > LONGEST_CAPTURE) return unreadable(`the file is longer than ${LONGEST_CAPTURE} characters`);
  const lines = text.split(/\r?\n/);
  const header = headerIndex(lines, HEADER);
  if (header < 0) return unreadable(`the line "${HEADER}" is missing at the beginning`);
  const numbered = lines
    .map((line, index) => ({ text: line, line: index + 1 }))
    .slice(header + 1)
    .filter((line) => line.text.trim() !== "" && !line.text.startsWith("#"));
  const tooLong = numbered.filter((line) => line.text.length > LONGEST_LINE).slice(0, PROBLEMS_KEPT);
  return {
    entries: nested(numbered.filter((line) => line.text.length <= LONGEST_LINE)),
    problems: tooLong.map(({ line }) => ({ line, message: `longer than ${LONGEST_LINE} characters` })),
  };
}

function nested(lines: readonly { readonly text: string; readonly line: number }[]): readonly Entry[] {
  const entries: Entry[] = [];
  let children: Entry[] = [];
  for (const { text, line } of lines) {
    if (text.startsWith("  ")) {
      children.push(entryOf(text.trim(), line, []));
    } else {
      children = [];
      entries.push(entryOf(text, line, children));
    }
  }
  return entries;
}

function unreadable(message: string): Outline {
  return { entries: [], problems: [{ line: 0, message }] };
}

function headerIndex(lines: readonly string[], beginning: string): number {
  return lines.slice(0, LINES_BEFORE_HEADER).findIndex((line) => line.startsWith(beginning));
}

function entryOf(text: string, line: number, children: readonly Entry[]): Entry {
  const [head = "", free] = text.split(/ text=(.*)/s, 2);
  const [word = "", ...parts] = head.split(" ");
  const fields = new Map<string, string>();
  for (const part of parts) {
    const at = part.indexOf("=");
    if (at > 0) fields.set(part.slice(0, at), part.slice(at + 1));
  }
  if (free !== undefined) fields.set("text", free);
  return { line, word, rest: text.slice(word.length).trim(), fields, children };
}

/** A field that is a whole number of at most 15 digits; null when it is not there or is none. */
export function wholeField({ fields }: Entry, key: string): number | null {
  const text = fields.get(key);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** The children that begin with one of these words. */
export function childrenOf({ children }: Entry, ...words: readonly string[]): readonly Entry[] {
  return children.filter(({ word }) => words.includes(word));
}
