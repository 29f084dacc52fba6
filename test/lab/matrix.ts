import type { LabRecord } from "./record.ts";
import type { Sighting } from "./run-scenario.ts";
import type { Scenario, ScenarioGroup } from "./scenario.ts";

const HEAD = ["| scenario | verdict | within | what the gate and the kernel counted |", "| --- | --- | --- | --- |"];

/**
 * The matrix as Markdown: a section for each group, a row for each situation, made from what the lab saw.
 *
 * @throws Error that names the scenarios which have no record
 */
export function matrixMarkdown(groups: readonly ScenarioGroup[], read: (scenario: string) => LabRecord | null): string {
  const missing = groups.flatMap(({ scenarios }) => scenarios).filter(({ name }) => read(name) === null);
  if (missing.length > 0) throw new Error(`the lab has not seen: ${missing.map(({ name }) => name).join("; ")}`);
  const sections = groups.map(({ title, scenarios }) => {
    const rows = scenarios.flatMap((scenario) => rowsOf(scenario, read(scenario.name)?.sightings ?? []));
    return [`### ${title}`, "", ...HEAD, ...rows].join("\n");
  });
  return sections.join("\n\n");
}

function rowsOf({ name, stages }: Scenario, sightings: readonly Sighting[]): readonly string[] {
  return sightings.map(({ verdict, withinMs, counted }, index) => {
    // The bound that was kept, not the time itself: the page is not to change at every run.
    const within = `${withinMs / 1000} s`;
    const figures = stages[index]?.hasVaryingFigures ? "differs from run to run" : counted.join("; ") || "unchanged";
    const cells = [index === 0 ? name : "… then", `\`${verdict}\``, within, figures];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
}

/** Puts the matrix between the marks of a page. */
export function withMatrix(page: string, matrix: string): string {
  const between = /(<!-- matrix:begin -->\n)[\s\S]*(\n<!-- matrix:end -->)/;
  if (!between.test(page)) throw new Error("the page has no marks for the matrix");
  return page.replace(between, (_whole, begin: string, end: string) => `${begin}${matrix}${end}`);
}
