import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { CHART, chartWithLibrary, type Manifest, ROOT, render, runTool, skipWithoutHelm } from "./helm.ts";
import { gateOf } from "./seldon.ts";

skipWithoutHelm();

const PAGES = [join(ROOT, "docs", "install.md"), join(CHART, "README.md")].map((path) => readFileSync(path, "utf8"));

function blocksOf(page: string, language: string): readonly string[] {
  return [...page.matchAll(/```([a-z]+)\n([\s\S]*?)```/g)].flatMap(([, name, text = ""]) =>
    name === language ? [text] : [],
  );
}

/** Helm's commands on the application chart, as lists of words. */
const COMMANDS = PAGES.flatMap((page) => blocksOf(page, "sh"))
  .flatMap((block) => block.replaceAll("\\\n", " ").split("\n"))
  .filter((line) => /^helm (?:template|install) \S+ charts\/readiness-gate /.test(line))
  .map((line) =>
    [...line.replace(/>.*$/, "").matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? ""),
  );

describe("docs/install.md and the chart's README", () => {
  it("show commands", () => {
    expect(COMMANDS.length).toBeGreaterThan(6);
  });

  it.each(COMMANDS.map((words) => [words.slice(4).join(" "), words] as const))("%s renders", async (_, words) => {
    const [, , release = "", , ...flags] = words;
    const { code, stdout, stderr } = await runTool("helm", ["template", release, CHART, ...flags]);
    expect(stderr).toBe("");
    expect([code, stdout.length > 100]).toEqual([0, true]);
  });

  it("show the container as the library renders it", async () => {
    const shown: Manifest = parse(blocksOf(PAGES[0] ?? "", "yaml")[0] ?? "");
    const template = `containers:
  - {{- include "readiness-gate-lib.container" .Values.gate | nindent 4 }}
volumes:
  {{- include "readiness-gate-lib.volumes" .Values.gate | nindent 2 }}
`;
    const image = { registry: "registry.example", pullPolicy: "" };
    const chart = await chartWithLibrary(
      { "pod.yaml": template },
      { gate: { image, settings: { preset: "mlserver" } } },
    );
    const [rendered = {}] = await render({ chart });
    const variables = ({ env }: Manifest) => new Set(env.map((one: Manifest) => JSON.stringify(one)));
    expect({ ...gateOf(shown), env: variables(gateOf(shown)) }).toEqual({
      ...gateOf(rendered),
      env: variables(gateOf(rendered)),
    });
    expect(shown["volumes"]).toEqual(rendered["volumes"]);
  });
});
