import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Clock } from "../../src/core/ports.ts";
import { JOURNAL_FILE_BYTES, type JournalFile, openJournalFile } from "../../src/record/journal-file.ts";

/** A clock whose timers ring when the test says so. */
export function fakeClock(): Clock & { ring(): number; waiting(): readonly number[] } {
  const timers = new Map<() => void, number>();
  return {
    now: () => ({ monotonicMs: 0, wallMs: 0 }),
    after: (ms, callback) => {
      timers.set(callback, ms);
      return () => timers.delete(callback);
    },
    waiting: () => [...timers.values()],
    ring: () => {
      const due = [...timers.keys()];
      timers.clear();
      for (const callback of due) callback();
      return due.length;
    },
  };
}

/** A journal file of the running test. */
export interface OpenedJournal extends JournalFile {
  readonly path: string;
  readonly troubles: string[];
  readonly clock: ReturnType<typeof fakeClock>;
}

/** A folder of the running test. */
export function folderOfTest(): string {
  const folder = mkdtempSync(join(tmpdir(), "gate-journal-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Opens a journal file for the length of the test. */
export function openJournalOfTest({
  path = join(folderOfTest(), "journal"),
  maxBytes = JOURNAL_FILE_BYTES,
  head = ["head\n", "state\n"],
} = {}): OpenedJournal {
  const troubles: string[] = [];
  const clock = fakeClock();
  const file = openJournalFile({
    path,
    clock,
    maxBytes,
    head: () => head,
    onTrouble: (problem) => troubles.push(problem),
  });
  onTestFinished(() => file.close());
  return { ...file, path, troubles, clock };
}
