import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { FLUSH_EVERY_MS } from "../../src/record/journal-append.ts";
import { JOURNAL_FILE_BYTES } from "../../src/record/journal-file.ts";
import { openJournalOfTest as open } from "../support/journal-of-test.ts";

vi.mock("node:fs", { spy: true });
const fs = await import("node:fs");

const textOf = (path: string) => readFileSync(path, "utf8");

describe("a journal file", () => {
  it("is made with the first line, and goes on where it ended, each line in one write", () => {
    const first = open();
    expect(existsSync(first.path)).toBe(false);
    const writes = vi.mocked(fs.writeSync);
    writes.mockClear();
    first.append("one\n");
    first.append("two\n");
    expect(writes).toHaveBeenCalledTimes(2);
    first.close();
    const second = open({ path: first.path });
    second.append("three\n");
    expect(textOf(first.path)).toBe("one\ntwo\nthree\n");
    expect([...first.troubles, ...second.troubles]).toEqual([]);
  });

  it("begins a new line where the last one was cut off", () => {
    const { path, append } = open();
    writeFileSync(path, "one\ntw");
    append("three\n");
    append("four\n");
    expect(textOf(path)).toBe("one\ntw\nthree\nfour\n");
  });

  it("becomes FILE.1 when a line does not fit any more, and the next begins with a head", () => {
    const { path, append, troubles } = open({ maxBytes: 40 });
    for (let index = 0; index < 10; index += 1) append(`line ${index}...\n`);
    expect(textOf(`${path}.1`)).toBe("head\nstate\nline 6...\nline 7...\n");
    expect(textOf(path)).toBe("head\nstate\nline 8...\nline 9...\n");
    expect(troubles).toEqual([]);
  });

  it("takes 2 MiB at most in two files, however much is written", () => {
    const { path, append } = open();
    const line = `${"x".repeat(2000)}\n`;
    for (let index = 0; index < 1600; index += 1) append(line);
    const sizes = [path, `${path}.1`].map((name) => statSync(name).size);
    for (const size of sizes) expect(size).toBeLessThanOrEqual(JOURNAL_FILE_BYTES);
    expect(sizes[1]).toBeGreaterThan(JOURNAL_FILE_BYTES - 2100);
  });

  it("leaves room beside a head that is too long", () => {
    const { path, append } = open({ maxBytes: 60, head: ["head 12345\n", "state 1234\n", "state 5678\n"] });
    for (let index = 0; index < 4; index += 1) append(`${"y".repeat(29)}\n`);
    expect(textOf(path)).toBe(`head 12345\nstate 1234\n${"y".repeat(29)}\n`);
  });

  it("is emptied in place where it cannot be renamed", () => {
    const { path, append, troubles } = open({ maxBytes: 20 });
    // A folder with something in it cannot be renamed over.
    mkdirSync(join(`${path}.1`, "full"), { recursive: true });
    for (const word of ["one", "two", "six"]) append(`${word} ${"-".repeat(8)}\n`);
    expect(textOf(path)).toBe("head\nsix --------\n");
    expect(troubles).toEqual([]);
  });

  it("is made anew, with a head, when somebody deleted it", () => {
    const { path, append } = open();
    append("one\n");
    rmSync(path);
    append("two\n");
    append("three\n");
    expect(textOf(path)).toBe("head\nstate\ntwo\nthree\n");
  });
});

describe("flushing", () => {
  it("happens once a second at most, outside the event loop, and not when nothing was written", async () => {
    const { append, clock } = open();
    const flushes = vi.mocked(fs.fdatasync);
    flushes.mockClear();
    for (let index = 0; index < 5; index += 1) append("line\n");
    expect(clock.waiting()).toEqual([FLUSH_EVERY_MS]);
    expect(flushes).not.toHaveBeenCalled();
    clock.ring();
    expect(flushes).toHaveBeenCalledTimes(1);
    expect(clock.waiting()).toEqual([]);
    append("line\n");
    expect(clock.waiting()).toEqual([FLUSH_EVERY_MS]);
  });

  it("happens at the end as well, when something is still to be flushed", () => {
    const { append, clock, close } = open();
    const flushes = vi.mocked(fs.fdatasyncSync);
    flushes.mockClear();
    append("line\n");
    close();
    expect(flushes).toHaveBeenCalledTimes(1);
    expect(clock.waiting()).toEqual([]);
  });

  it("is not begun anew while one is under way, and the descriptor is closed once", async () => {
    const { append, clock, close } = open();
    const dones: (() => void)[] = [];
    const flushes = vi.mocked(fs.fdatasync).mockImplementation((_, callback) => void dones.push(() => callback(null)));
    flushes.mockClear();
    append("line\n");
    clock.ring();
    append("line\n");
    clock.ring();
    expect(flushes).toHaveBeenCalledTimes(1);
    expect(clock.waiting()).toEqual([FLUSH_EVERY_MS]);
    dones[0]?.();
    clock.ring();
    expect(flushes).toHaveBeenCalledTimes(2);
    const closed = vi.mocked(fs.closeSync);
    closed.mockClear();
    close();
    expect(closed).not.toHaveBeenCalled();
    dones[1]?.();
    expect(closed).toHaveBeenCalledTimes(1);
    flushes.mockRestore();
  });

  it("that fails is a trouble", async () => {
    const { append, clock, troubles } = open();
    vi.mocked(fs.fdatasync).mockImplementationOnce((_, callback) => callback(new Error("EIO: i/o error, fdatasync")));
    append("line\n");
    clock.ring();
    await vi.waitFor(() => expect(troubles).toEqual(["EIO: i/o error, fdatasync"]));
  });

  it("that is under way when the file is closed keeps its descriptor until it is done", async () => {
    const { append, clock, close } = open();
    let done = () => {};
    vi.mocked(fs.fdatasync).mockImplementationOnce((_, callback) => {
      done = () => callback(null);
    });
    const closed = vi.mocked(fs.closeSync);
    append("line\n");
    clock.ring();
    closed.mockClear();
    close();
    expect(closed).not.toHaveBeenCalled();
    done();
    expect(closed).toHaveBeenCalledTimes(1);
  });
});
