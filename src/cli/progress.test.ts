import { describe, expect, it } from "vitest";
import { progressOn } from "./progress.ts";

function output(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 40, write: (text: string) => written.push(text), written };
}

describe("progress on a terminal", () => {
  it("keeps one line current, with the time, within the width", () => {
    const terminal = output(true);
    const progress = progressOn(terminal);
    progress.show("not ready: grpc NOT_LISTENING: nothing listens", 1200);
    progress.show("not ready: grpc NOT_LISTENING: nothing listens", 1900);
    expect(terminal.written).toEqual(["not ready: grpc NOT_LISTENING: nothing "]);
  });

  it("leaves what was waited for before above, and the last at the end", () => {
    const terminal = output(true);
    const progress = progressOn(terminal);
    progress.show("one", 0);
    progress.show("two", 3000);
    progress.end();
    expect(terminal.written.join("")).toBe("one (0s)\r\u001b[Kone\ntwo (3s)\r\u001b[Ktwo\n");
  });
});

it("writes a line for each change elsewhere, and none for a repeat or for nothing", () => {
  const file = output(false);
  const progress = progressOn(file);
  for (const text of ["", "one", "one", "two"]) progress.show(text, 0);
  progress.end();
  expect(file.written).toEqual(["one\n", "two\n"]);
});
