import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { TERMINATION_LOG_BYTES, writeTerminationLog } from "./termination-log.ts";

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "gate-termination-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "termination-log");
  writeFileSync(path, text);
  return path;
}

it("replaces what was there, in the same file: it is a bind mount, which nothing can be renamed onto", () => {
  const path = fileWith("a longer text of an earlier life\n");
  const { ino } = statSync(path);
  expect(writeTerminationLog(path, "short\n")).toBeNull();
  expect(readFileSync(path, "utf8")).toBe("short\n");
  expect(statSync(path).ino).toBe(ino);
});

it("keeps no more than 4,096 bytes, and no half character", () => {
  const path = fileWith("");
  for (const text of ["x".repeat(5000), "é".repeat(3000), "x".repeat(4094) + "😀".repeat(10), "€".repeat(2000)]) {
    expect(writeTerminationLog(path, text)).toBeNull();
    const written = readFileSync(path);
    expect(written.length).toBeLessThanOrEqual(TERMINATION_LOG_BYTES);
    expect(written.length).toBeGreaterThan(TERMINATION_LOG_BYTES - 4);
    expect(text.startsWith(written.toString("utf8"))).toBe(true);
  }
});

it("keeps a text of just 4,096 bytes whole", () => {
  const path = fileWith("");
  const text = "x".repeat(TERMINATION_LOG_BYTES);
  writeTerminationLog(path, text);
  expect(readFileSync(path, "utf8")).toBe(text);
});

it("creates a file that does not exist yet", () => {
  const path = `${fileWith("")}-missing`;
  expect(writeTerminationLog(path, "text")).toBeNull();
  expect(readFileSync(path, "utf8")).toBe("text");
});

it("says why it could not write where there is no folder", () => {
  expect(writeTerminationLog(join(fileWith(""), "below", "log"), "text")).toMatch(/ENOTDIR/);
});

it("says why a folder in its place cannot be written", () => {
  const path = fileWith("");
  expect(writeTerminationLog(join(path, ".."), "text")).toMatch(/EISDIR/);
});
