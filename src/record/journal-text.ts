import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { JOURNAL_FILE_BYTES } from "./journal-file.ts";

/** A journal's text, or why it cannot be read. */
export type JournalText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string };

/** Reads FILE.1 and FILE, of each the last {@link JOURNAL_FILE_BYTES} and a line more; what is not there is empty. */
export function readJournalText(path: string): JournalText {
  try {
    const [older, newer] = [readEnd(`${path}.1`), readEnd(path)];
    const isCutOff = older !== "" && !older.endsWith("\n");
    return { ok: true, text: older + (isCutOff ? "\n" : "") + newer };
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) };
  }
}

const SLACK_BYTES = 32 * 1024;

function readEnd(path: string): string {
  const descriptor = openedForReading(path);
  if (descriptor === null) return "";
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return "";
    const length = Math.min(stats.size, JOURNAL_FILE_BYTES + SLACK_BYTES);
    const bytes = Buffer.alloc(length);
    const read = readSync(descriptor, bytes, 0, length, stats.size - length);
    // Lines are ASCII: other bytes make a line that cannot be read, whatever they are taken for.
    return bytes.toString("latin1", 0, read);
  } finally {
    closeSync(descriptor);
  }
}

function openedForReading(path: string): number | null {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
