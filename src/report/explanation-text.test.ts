import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wrap } from "./explanation-text.ts";

const word = fc.stringMatching(/^[a-z]{1,12}$/);
const code = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => `\`${words.join(" ")}\``);
const text = fc.array(fc.oneof(word, code), { maxLength: 30 });

describe("wrapping", () => {
  it("keeps to the width, and breaks no command", () => {
    expect(wrap("Run `ss -ltn` in the pod, then `nft list ruleset`.", 20)).toEqual([
      "Run `ss -ltn` in the",
      "pod, then",
      "`nft list ruleset`.",
    ]);
  });

  it("gives a command that is longer than a line a line of its own", () => {
    expect(wrap("Try `nsenter -t PID -n nft list ruleset` now.", 10)).toEqual([
      "Try",
      "`nsenter -t PID -n nft list ruleset`",
      "now.",
    ]);
  });

  it("loses nothing, and makes no line longer than it must be", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 80 }), (pieces, width) => {
        const lines = wrap(pieces.join(" "), width);
        expect(lines.join(" ")).toBe(pieces.join(" "));
        for (const line of lines) expect(line.length <= width || pieces.includes(line)).toBe(true);
      }),
    );
  });

  it("fills each line before it begins the next", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 80 }), (pieces, width) => {
        const lines = wrap(pieces.join(" "), width);
        for (const [index, line] of lines.slice(0, -1).entries()) {
          const [next = ""] = /^(?:[^\s`]|`[^`]*`)+/.exec(lines[index + 1] ?? "") ?? [];
          expect(`${line} ${next}`.length).toBeGreaterThan(width);
        }
      }),
    );
  });

  it("makes no line of no text", () => {
    expect(wrap("", 10)).toEqual([]);
  });
});
