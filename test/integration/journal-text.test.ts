import { appendFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { JOURNAL_FILE_BYTES } from "../../src/record/journal-file.ts";
import { readJournalText } from "../../src/record/journal-text.ts";
import { folderOfTest } from "../support/journal-of-test.ts";

describe("reading", () => {
  it("gives FILE.1, then FILE, each on lines of its own; what is missing is empty", () => {
    const path = join(folderOfTest(), "journal");
    expect(readJournalText(path)).toEqual({ ok: true, text: "" });
    writeFileSync(path, "two\n");
    expect(readJournalText(path)).toEqual({ ok: true, text: "two\n" });
    writeFileSync(`${path}.1`, "zero\non");
    expect(readJournalText(path)).toEqual({ ok: true, text: "zero\non\ntwo\n" });
    rmSync(path);
    expect(readJournalText(path)).toEqual({ ok: true, text: "zero\non\n" });
  });

  it("is bounded: of files that grew too long it gives the ends", () => {
    const path = join(folderOfTest(), "journal");
    for (const name of [`${path}.1`, path]) {
      writeFileSync(name, "a".repeat(3 * JOURNAL_FILE_BYTES));
      appendFileSync(name, "\nthe end\n");
    }
    const journal = readJournalText(path);
    const text = journal.ok ? journal.text : "";
    expect(text.length).toBeLessThan(2.2 * JOURNAL_FILE_BYTES);
    expect(text.match(/\nthe end\n/g)).toHaveLength(2);
  });

  it("of what is no regular file gives nothing, and says why it cannot", () => {
    const path = join(folderOfTest(), "journal");
    symlinkSync("/dev/zero", path);
    expect(readJournalText(path)).toEqual({ ok: true, text: "" });
    expect(readJournalText(join(path, "below"))).toEqual({ ok: false, problem: expect.stringMatching(/^ENOTDIR: /) });
  });
});
