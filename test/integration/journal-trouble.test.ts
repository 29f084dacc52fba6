import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { readJournalText } from "../../src/record/journal-text.ts";
import { folderOfTest, openJournalOfTest as open } from "../support/journal-of-test.ts";

vi.mock("node:fs", { spy: true });
const fs = await import("node:fs");

const textOf = (path: string) => readFileSync(path, "utf8");

describe("trouble", () => {
  it("of a missing folder is told once, and is over when the folder is there: a head and the line follow", () => {
    const folder = join(folderOfTest(), "later");
    const { path, append, troubles } = open({ path: join(folder, "journal") });
    append("one\n");
    append("two\n");
    expect(troubles).toEqual([expect.stringMatching(/^ENOENT: /)]);
    mkdirSync(folder);
    append("three\n");
    append("four\n");
    expect(textOf(path)).toBe("head\nstate\nthree\nfour\n");
    expect(troubles).toHaveLength(1);
  });

  it("is told again after something could be written in between", () => {
    const folder = join(folderOfTest(), "moves");
    const { append, troubles, path } = open({ path: join(folder, "journal") });
    append("one\n");
    mkdirSync(folder);
    append("two\n");
    rmSync(folder, { recursive: true });
    append("three\n");
    append("four\n");
    expect(troubles).toHaveLength(2);
    expect(existsSync(path)).toBe(false);
  });

  it.each([
    ["a folder in the file's place", (path: string) => mkdirSync(path), /^EISDIR: /],
    ["a link that leads to itself", (path: string) => symlinkSync(path, path), /^ELOOP: /],
    ["a full device", (path: string) => symlinkSync("/dev/full", path), /^ENOSPC: /],
  ])("of %s is told, never thrown", (_, prepare, expected) => {
    const { path, append, troubles, close } = open();
    prepare(path);
    append("one\n");
    append("two\n");
    close();
    expect(troubles).toEqual([expect.stringMatching(expected)]);
  });

  it("of a file without permission is told", () => {
    const { append, troubles } = open();
    vi.mocked(fs.openSync).mockImplementationOnce(() => {
      throw new Error("EACCES: permission denied, open");
    });
    append("one\n");
    append("two\n");
    expect(troubles).toEqual(["EACCES: permission denied, open"]);
  });

  it("never moves away what is no regular file", () => {
    const { path, append, troubles } = open({ maxBytes: 10 });
    symlinkSync("/dev/null", path);
    for (let index = 0; index < 4; index += 1) append("123456789\n");
    expect(existsSync(`${path}.1`)).toBe(false);
    expect(troubles).toEqual([]);
  });

  it("does not wait for a reader of a pipe", () => {
    const { path, append, close } = open();
    execFileSync("sh", ["-c", 'mkfifo "$0"', path]);
    append("one\n");
    close();
    expect(readJournalText(path)).toEqual({ ok: true, text: "" });
  });
});

describe("a full disk", () => {
  const canMount = spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

  it("is survived: what was written stays, and lines follow once there is room", ({ skip }) => {
    if (!canMount) skip("no mount namespace can be made");
    const source = (name: string) => new URL(`../../src/record/${name}`, import.meta.url).href;
    const script = `
      const { openJournalFile } = await import(${JSON.stringify(source("journal-file.ts"))});
      const { readJournalText } = await import(${JSON.stringify(source("journal-text.ts"))});
      const { writeFileSync, rmSync } = await import("node:fs");
      const troubles = [];
      const clock = { now: () => ({ monotonicMs: 0, wallMs: 0 }), after: () => () => {} };
      const file = openJournalFile({ path: "/mnt/journal", clock, head: () => ["head\\n"], onTrouble: (one) => troubles.push(one) });
      file.append("before\\n");
      writeFileSync("/mnt/filler", Buffer.alloc(48 * 1024));
      for (let index = 0; index < 40; index += 1) file.append("x".repeat(1000) + "\\n");
      const whileFull = troubles.length;
      rmSync("/mnt/filler");
      file.append("after\\n");
      file.close();
      const { text } = readJournalText("/mnt/journal");
      console.log(JSON.stringify({ troubles, whileFull, lines: text.split("\\n").map((line) => line.slice(0, 8) + ":" + line.length) }));`;
    const run = 'mount -t tmpfs -o size=64k none /mnt && exec "$0" --import "$1" --input-type=module -e "$2"';
    const args = ["-rm", "sh", "-c", run, process.execPath, import.meta.resolve("tsx"), script];
    const { stdout, stderr } = spawnSync("unshare", args, { encoding: "utf8" });
    const { troubles, whileFull, lines } = JSON.parse(stdout || JSON.stringify({ stderr }));
    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toMatch(/ENOSPC|only a part of a line/);
    expect(whileFull).toBe(1);
    expect(lines[0]).toBe("before:6");
    expect(lines.slice(-3)).toEqual(["head:4", "after:5", ":0"]);
    // At most one line was cut off, and stands alone.
    expect(lines.slice(1, -3).filter((line: string) => line !== "xxxxxxxx:1000").length).toBeLessThanOrEqual(1);
  });
});
