import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeSpan, plainText } from "./markdown-text.ts";
import { printable } from "./printable.ts";

describe("a text of a server", () => {
  it.each([
    ["a colour", "\u001b[31mred\u001b[0m", "red"],
    ["a title of the window", "\u001b]0;owned\u0007text", "text"],
    ["lines that overwrite", "one\r\ntwo\u0008", "one two?"],
    ["text written backwards", "abc\u202edef", "abc?def"],
    ["a C1 control", "a\u009b31mb", "ab"],
    ["a lone surrogate", "a\ud800b", "a?b"],
  ])("loses %s", (_what, text, expected) => expect(printable(text, true)).toBe(expected));

  it("keeps other scripts where they can be shown, and is ASCII where not", () => {
    expect(printable("modèle 模型 × …", true)).toBe("modèle 模型 × …");
    expect(printable("modèle 模型 × …", false)).toBe("mod?le ?? x ...");
  });

  it("is cut off when it is long", () => {
    expect(printable("x".repeat(100_000), true)).toBe(`${"x".repeat(400)}…`);
  });

  it("is one line of printable characters, whatever it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.boolean(), (text, isUnicode) => {
        const shown = printable(text, isUnicode);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        if (!isUnicode) expect(shown).toMatch(/^[ -~]*$/);
      }),
    );
  });
});

describe("a text in Markdown", () => {
  it("is no markup, no link and no cell", () => {
    expect(plainText("<b>*a*</b> | [x](http://y) `c`")).toBe("\\<b\\>\\*a\\*\\</b\\> \\| \\[x\\](http://y) \\`c\\`");
    expect(codeSpan("a`b\nc")).toBe("`a'b c`");
  });
});
