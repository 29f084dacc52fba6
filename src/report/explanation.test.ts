import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VERDICT_CLASSES, VERDICT_CODES, VERDICTS } from "../core/verdict-table.ts";
import { codeNamed, codesLike, type ExplanationStyle, explainAll, explainCode } from "./explanation.ts";

const plain: ExplanationStyle = { width: 80, hasColours: false, exitCodeOf: () => 11 };
const code = fc.constantFrom(...VERDICT_CODES);
const words = (text: string) => text.replaceAll(/\s+/g, " ");

/** Lines that are too long though they could have been broken: outside of backticks, after the indentation. */
function overlong(text: string, width: number): readonly string[] {
  return text
    .split("\n")
    .filter((line) => line.length > width && /\S\s+\S/.test(line.replaceAll(/`[^`]*`/g, "x").trim()));
}

describe("the explanation of one code", () => {
  it("says the whole entry and the exit code", () => {
    fc.assert(
      fc.property(code, (one) => {
        const text = words(explainCode(one, plain));
        const { means, told, alike, remedy } = VERDICTS[one];
        for (const part of [one, VERDICTS[one].class, "exit code 11", means, told, alike, remedy]) {
          expect(text).toContain(part);
        }
      }),
    );
  });

  it("keeps to the width of the terminal, down to 40 characters", () => {
    fc.assert(
      fc.property(code, fc.integer({ min: 40, max: 200 }), (one, width) => {
        expect(overlong(explainCode(one, { ...plain, width }), width)).toEqual([]);
      }),
    );
  });

  it("has colours only when asked, and says the same with them", () => {
    const coloured = explainCode("REJECTED", { ...plain, hasColours: true });
    expect(coloured).toContain("\u001b[");
    expect(explainCode("REJECTED", plain)).not.toContain("\u001b");
    expect(stripVTControlCharacters(coloured)).toBe(explainCode("REJECTED", plain).replaceAll("`", ""));
  });
});

describe("the table of all codes", () => {
  it("has each code once, below its class, the worst class first", () => {
    const lines = explainAll(plain).split("\n");
    const heads = lines.flatMap((line) => VERDICT_CLASSES.filter((one) => line.startsWith(`${one} (`)));
    expect(heads).toEqual(VERDICT_CLASSES);
    const codes = lines.flatMap((line) => /^ {2}([A-Z_]+)\b/.exec(line)?.[1] ?? []);
    expect(codes.toSorted()).toEqual(VERDICT_CODES.toSorted());
    for (const one of VERDICT_CODES) {
      const above = lines.slice(
        0,
        lines.findIndex((line) => line.startsWith(`  ${one} `)),
      );
      expect(above.findLast((line) => VERDICT_CLASSES.some((head) => line.startsWith(`${head} (`)))).toMatch(
        new RegExp(`^${VERDICTS[one].class} `),
      );
    }
  });

  it("says what each means at any width", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), code, (width, one) => {
        const text = explainAll({ ...plain, width });
        expect(words(text)).toContain(`${one} ${VERDICTS[one].means}`);
        expect(overlong(text, Math.max(40, width))).toEqual([]);
      }),
    );
  });
});

describe("a code that a person names", () => {
  it("is found in any case and with any separator", () => {
    expect(codeNamed("rejected")).toBe("REJECTED");
    expect(codeNamed(" Not-listening ")).toBe("NOT_LISTENING");
    expect(codeNamed("bound elsewhere")).toBe("BOUND_ELSEWHERE");
    expect(codeNamed("BLOCKED")).toBeNull();
    expect(codeNamed("toString")).toBeNull();
  });

  it("leads to the codes that share a word with it", () => {
    expect(codesLike("listen")).toEqual(["STOPPED_LISTENING", "NEVER_LISTENED", "NOT_LISTENING"]);
    expect(codesLike("tls-error")).toEqual(["TLS_MISMATCH", "ERRORING"]);
    expect(codesLike("no")).toEqual([]);
  });
});
