import type { GateState } from "./gate.ts";
import { type HeadLine, isJournalEntry, type JournalEntry, type JournalLine, type StateLine } from "./journal-entry.ts";
import { fittedLine, LINE_LIMIT } from "./journal-trim.ts";
import { isoTime, type Moment } from "./moment.ts";
import type { TargetState } from "./target-state.ts";

/** What a journal's text holds. */
export interface Journal {
  /** Oldest first. */
  readonly entries: readonly JournalEntry[];
  /** The last line is incomplete: its writer was cut off. It is not counted as unreadable. */
  readonly isTorn: boolean;
  /** Lines that are none of a journal. */
  readonly unreadable: number;
}

/** What a head says beside the state. */
export type HeadParts = Pick<HeadLine, "kind" | "version" | "sandbox" | "processBegan" | "takenAt">;

/** The head and the state lines that together hold a gate's state. */
export function stateLines(state: GateState, parts: HeadParts): readonly (HeadLine | StateLine)[] {
  const { kind, takenAt, ...rest } = parts;
  const targets = state.targets.map(({ target }) => target.name);
  const head: HeadLine = { kind, format: 1, at: isoTime(takenAt), takenAt, ...rest, ...state, targets };
  return [head, ...state.targets.map((one) => stateLine(one, takenAt))];
}

/** The line that holds one target's state. */
export function stateLine({ verdict, ...state }: TargetState, takenAt: Moment): StateLine {
  const { code, summary, evidence, since } = verdict;
  return { kind: "state", at: isoTime(takenAt), takenAt, ...state, verdict: { code, summary, evidence, since } };
}

/** A line of the file, its newline included: ASCII alone, at most {@link LINE_LIMIT} characters, longer ones trimmed. */
export function formatLine(line: JournalLine): string {
  return `${fittedLine(line)}\n`;
}

/** Reads a journal. Takes any text and never throws; what is not a line of a journal is counted. */
export function parseJournal(text: string): Journal {
  const entries: JournalEntry[] = [];
  let unreadable = 0;
  let isTorn = false;
  for (const { entry, isWhole } of readLines(text)) {
    if (entry !== null) entries.push(entry);
    else if (isWhole) unreadable += 1;
    else isTorn = true;
  }
  return { entries, isTorn, unreadable };
}

/** The readable lines alone, one at a time: a long journal need not be held as a whole. */
export function* journalEntries(text: string): Generator<JournalEntry> {
  for (const { entry } of readLines(text)) {
    if (entry !== null) yield entry;
  }
}

interface ReadLine {
  readonly entry: JournalEntry | null;
  /** Whether it ends with a newline. */
  readonly isWhole: boolean;
}

function* readLines(text: string): Generator<ReadLine> {
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf("\n", from);
    const isWhole = newline >= 0;
    const to = isWhole ? newline : text.length;
    if (to > from) yield { entry: parseLine(text, from, to), isWhole };
    from = to + 1;
  }
}

function parseLine(text: string, from: number, to: number): JournalEntry | null {
  if (to - from > LINE_LIMIT) return null;
  const value = parseJson(text.slice(from, to));
  return isJournalEntry(value) ? value : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is no JSON at all is a line that cannot be read, like any other.
    return null;
  }
}
