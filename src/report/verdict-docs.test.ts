import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { VERDICTS_PAGE, verdictsPage } from "../../scripts/generate-docs.ts";
import { VERDICT_CODES, VERDICTS } from "../core/verdict-table.ts";
import { OPTION_LIST } from "../settings/options.ts";
import { verdictsMarkdown } from "./verdict-docs.ts";

const exitCodeOf = () => 11;
const fresh = verdictsMarkdown({ current: "", exitCodeOf });

describe("the page of verdicts", () => {
  it("is in docs/verdicts.md what `npm run docs` writes", () => {
    expect(readFileSync(VERDICTS_PAGE, "utf8")).toBe(verdictsPage());
  });

  it("has a section for each code, which says the whole entry", () => {
    const sections = new Map(fresh.split(/^### /m).map((section) => [section.split("\n", 1)[0], section]));
    for (const code of VERDICT_CODES) {
      const text = (sections.get(code) ?? "").replaceAll(/\[(`[A-Z_]+`)\]\(#[a-z_]+\)/g, "$1").replaceAll(/\s+/g, " ");
      const { means, told, alike, remedy } = VERDICTS[code];
      for (const part of [means, told, alike, remedy]) expect(text).toContain(part);
    }
  });

  it("links codes to their sections", () => {
    expect(fresh).toContain("[`NOT_LISTENING`](#not_listening)");
    expect(fresh).toContain("`DEADLINE_EXCEEDED`");
    expect(fresh).not.toContain("(#deadline_exceeded)");
  });

  it("keeps what the lab printed between its marks, and nothing else of the old page", () => {
    const printed = fresh.replace(/(?<=matrix:begin -->\n)[\s\S]*(?=\n<!-- matrix:end)/, "| a | b |\n| --- | --- |");
    const remade = verdictsMarkdown({ current: printed.replace("# Verdicts", "# Old"), exitCodeOf });
    expect(remade).toBe(printed);
    expect(verdictsMarkdown({ current: remade, exitCodeOf })).toBe(remade);
  });

  it("starts anew where the marks are not both there", () => {
    for (const current of ["<!-- matrix:begin -->\nx", "x\n<!-- matrix:end -->", "no marks"]) {
      expect(verdictsMarkdown({ current, exitCodeOf })).toBe(fresh);
    }
  });

  it("names only settings that exist", () => {
    const named = [...fresh.matchAll(/GATE_[A-Z_]*[A-Z]/g)].map(([name]) => name);
    const known: readonly string[] = OPTION_LIST.map((option) => option.variable);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });
});
