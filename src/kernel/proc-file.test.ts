import { describe, expect, it } from "vitest";
import { newFakeProc } from "../../test/support/fake-proc.ts";
import { openProcFile } from "./proc-file.ts";

describe("a file that is read again and again", () => {
  it("is read anew from its start each time", () => {
    const proc = newFakeProc();
    proc.write("file", "one");
    const file = openProcFile(`${proc.root}/file`);
    expect(file.read()).toBe("one");
    proc.write("file", "other");
    expect(file.read()).toBe("other");
    file.close();
  });

  it("is null for as long as it is missing, and read once it is there", () => {
    const proc = newFakeProc();
    const file = openProcFile(`${proc.root}/file`);
    expect(file.read()).toBeNull();
    proc.write("file", "here");
    expect(file.read()).toBe("here");
    file.close();
  });

  it("is null when it is a directory", () => {
    expect(openProcFile(newFakeProc().root).read()).toBeNull();
  });

  it("is read on after it was closed", () => {
    const proc = newFakeProc();
    proc.write("file", "text");
    const file = openProcFile(`${proc.root}/file`);
    file.read();
    file.close();
    file.close();
    expect(file.read()).toBe("text");
    file.close();
  });

  it("is read no further than what is enough", () => {
    const proc = newFakeProc();
    proc.write("file", "x".repeat(100_000));
    const file = openProcFile(`${proc.root}/file`);
    expect(file.read((text) => text.length > 5000)).toHaveLength(8192);
    expect(file.read()).toHaveLength(100_000);
    file.close();
  });

  it("shows no more than its last two chunks when it asks whether that is enough", () => {
    const proc = newFakeProc();
    proc.write("file", `${"a".repeat(4096)}${"b".repeat(4096)}${"c".repeat(4096)}d`);
    const file = openProcFile(`${proc.root}/file`);
    const shown: string[] = [];
    file.read((end) => shown.push(end) > 3);
    expect(shown.map((end) => end.replace(/(.)\1*/g, "$1"))).toEqual(["a", "ab", "bc", "cd"]);
    file.close();
  });

  it("is read no further than a mebibyte", () => {
    const proc = newFakeProc();
    proc.write("file", "x".repeat(1024 * 1024 + 5000));
    const file = openProcFile(`${proc.root}/file`);
    expect(file.read()).toHaveLength(1024 * 1024);
    file.close();
  });
});
