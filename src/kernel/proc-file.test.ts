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

  it("is read no further than a mebibyte", () => {
    const proc = newFakeProc();
    proc.write("file", "x".repeat(1024 * 1024 + 5000));
    const file = openProcFile(`${proc.root}/file`);
    expect(file.read()).toHaveLength(1024 * 1024);
    file.close();
  });
});
