import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { htmlOf } from "./html.ts";
import { h, visible } from "./piece.ts";

describe("pieces", () => {
  it("leave out what is null or false, and flatten lists", () => {
    const piece = h("p", { id: 1, hidden: true, title: null, lang: false }, "a", null, [false, ["b", h("b", {}, "c")]]);
    expect(piece).toEqual({
      tag: "p",
      attributes: { id: "1", hidden: "" },
      children: ["a", "b", { tag: "b", attributes: {}, children: ["c"] }],
    });
    expect(htmlOf([piece])).toBe(`<p id="1" hidden="">ab<b>c</b></p>`);
  });

  it("become HTML in which no text is markup, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const html = htmlOf([h("p", { title: text }, text)]);
        expect(html).toMatch(/^<p title="[^"<>]*">[^<>]*<\/p>$/);
        const back = html.replace(/&(?:lt|gt|quot|#39|amp);/g, (entity) => ENTITIES[entity] ?? "");
        expect(back.endsWith(`>${visible(text)}</p>`)).toBe(true);
      }),
    );
  });
});

const ENTITIES: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
  "&amp;": "&",
};

describe("visible", () => {
  it.each([
    ["plain, ünïcode and 漢字", "plain, ünïcode and 漢字"],
    ["a\u202eb", "a\u{fffd}b"],
    ["\u001b[31mred\r\n", "\u{fffd}[31mred\u{fffd}\u{fffd}"],
    ["\ud800", "\u{fffd}"],
  ])("shows %j as %j", (text, shown) => expect(visible(text)).toBe(shown));
});
