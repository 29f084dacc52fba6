import { renameSync } from "node:fs";
import type { Clock } from "../core/ports.ts";
import { type AppendFile, openAppendFile } from "./journal-append.ts";

/** A journal is two files of at most this many bytes: FILE and, before it, FILE.1. */
export const JOURNAL_FILE_BYTES = 1024 * 1024;

/** What a journal file is written with. */
export interface JournalFileParts {
  readonly path: string;
  readonly clock: Clock;
  readonly maxBytes?: number;
  /** The lines that a file begins with, and that follow once trouble is over: what the other lines are read by. */
  readonly head: () => readonly string[];
  /** Told why nothing can be written; again only after something could be. */
  readonly onTrouble: (problem: string) => void;
}

/** Writes a journal. What the disk does is never an exception. */
export interface JournalFile {
  /** Appends a line that ends with a newline, in one write; what cannot be written is lost. */
  append(line: string): void;
  /** Flushes and closes. */
  close(): void;
}

/** Opens a journal for writing. Nothing is opened before the first line, and after trouble anew with each line. */
export function openJournalFile({ path, clock, head, onTrouble, ...parts }: JournalFileParts): JournalFile {
  const maxBytes = parts.maxBytes ?? JOURNAL_FILE_BYTES;
  let file: AppendFile | null = null;
  let isInTrouble = false;
  let needsHead = false;

  const trouble = (error: unknown) => {
    if (!isInTrouble) onTrouble(error instanceof Error ? error.message : String(error));
    isInTrouble = true;
    needsHead = true;
  };
  const release = () => {
    const closing = file;
    file = null;
    closing?.close();
  };
  const opened = (): AppendFile => {
    file ??= openAppendFile(path, clock, trouble);
    return file;
  };
  const withRoomFor = (line: string): AppendFile => {
    if (file !== null && !file.isLinked()) {
      release();
      needsHead = true;
    }
    const current = opened();
    const size = current.size();
    if (size === 0 || size + line.length <= maxBytes) return current;
    needsHead = true;
    if (moveAway(path)) release();
    else current.truncate();
    return opened();
  };
  const put = (line: string) => {
    const into = withRoomFor(line);
    if (needsHead) putHead(into, head(), maxBytes / 2);
    needsHead = false;
    into.append(line);
    isInTrouble = false;
  };
  return {
    append: (line) => {
      try {
        put(line);
      } catch (error) {
        trouble(error);
        quietly(release);
      }
    },
    close: () => {
      try {
        release();
      } catch (error) {
        trouble(error);
      }
    },
  };
}

/** Writes as much of a head as leaves room for other lines. */
function putHead(file: AppendFile, lines: readonly string[], maxBytes: number): void {
  let bytes = 0;
  for (const line of lines) {
    bytes += line.length;
    if (bytes > maxBytes) return;
    file.append(line);
  }
}

/** False where the file cannot be renamed, as when it is a mount of its own. */
function moveAway(path: string): boolean {
  try {
    renameSync(path, `${path}.1`);
    return true;
  } catch {
    return false;
  }
}

function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // The trouble that led here has been told.
  }
}
