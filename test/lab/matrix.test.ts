import { expect, test } from "vitest";
import { matrixMarkdown, withMatrix } from "./matrix.ts";
import type { LabRecord } from "./record.ts";
import { afterTimeout, type ScenarioGroup, soon } from "./scenario.ts";

const GROUP: ScenarioGroup = {
  title: "Some",
  scenarios: [{ name: "a | b", stages: [soon("REJECTED"), { ...afterTimeout("READY"), hasVaryingFigures: true }] }],
};

const RECORD: LabRecord = {
  group: "Some",
  scenario: "a | b",
  sightings: [
    { verdict: "REJECTED", ms: 123, withinMs: 2_000, counted: ["connect ECONNREFUSED", "OutRsts +0"], evidence: [] },
    { verdict: "READY", ms: 4_321, withinMs: 5_000, counted: ["connects"], evidence: [] },
  ],
};

test("each situation is a row, with the bound that was kept and figures that do not change from run to run", () => {
  expect(matrixMarkdown([GROUP], () => RECORD).split("\n")).toEqual([
    "### Some",
    "",
    "| scenario | verdict | within | what the gate and the kernel counted |",
    "| --- | --- | --- | --- |",
    "| a \\| b | `REJECTED` | 2 s | connect ECONNREFUSED; OutRsts +0 |",
    "| … then | `READY` | 5 s | differs from run to run |",
  ]);
});

test("a scenario that has not been played is an error that names it", () => {
  expect(() => matrixMarkdown([GROUP], () => null)).toThrow("a | b");
});

test("the matrix stands between its marks, and a page without them is an error", () => {
  const page = "x\n<!-- matrix:begin -->\nold\n<!-- matrix:end -->\ny\n";
  expect(withMatrix(page, "new $&")).toBe("x\n<!-- matrix:begin -->\nnew $&\n<!-- matrix:end -->\ny\n");
  expect(() => withMatrix("x", "new")).toThrow("marks");
});
