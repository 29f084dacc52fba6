import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { VERDICT_CODES } from "../../src/core/verdict-table.ts";
import { GROUPS } from "./scenarios/all.ts";

const ALL = GROUPS.flatMap(({ scenarios }) => scenarios);
const PAGE = readFileSync(new URL("../../docs/verdicts.md", import.meta.url), "utf8");

test("there are many scenarios, each with a name of its own", () => {
  const names = ALL.map(({ name }) => name);
  expect(names.length).toBeGreaterThanOrEqual(100);
  expect(new Set(names).size).toBe(names.length);
});

test("every code is reached by a scenario that is about more than that code", () => {
  const codesOf = ALL.map(({ stages }) => new Set(stages.map(({ verdict }) => verdict)));
  const reached = new Set(codesOf.filter(({ size }) => size > 1).flatMap((codes) => [...codes]));
  expect(VERDICT_CODES.filter((code) => !reached.has(code))).toEqual([]);
});

test("the page of verdicts tells the scenarios as they are (npx tsx scripts/print-matrix.ts writes them)", () => {
  const [, matrix = ""] = PAGE.split("<!-- matrix:begin -->");
  const rows = [...matrix.matchAll(/^\| ((?:[^|\\]|\\.)+) \| `([A-Z_]+)` \|/gm)];
  const told = rows.map(([, name, code]) => `${name}: ${code}`);
  const played = ALL.flatMap(({ name, stages }) =>
    stages.map(({ verdict }, index) => `${index === 0 ? name.replaceAll("|", "\\|") : "… then"}: ${verdict}`),
  );
  expect(told).toEqual(played);
});
