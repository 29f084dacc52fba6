import { readdirSync, readFileSync } from "node:fs";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { CHART, documentsOf, folderOfTest, LIBRARY, type Manifest, ROOT, renderText, skipWithoutHelm } from "./helm.ts";

const chartOf = (folder: string): Manifest => parse(readFileSync(join(folder, "Chart.yaml"), "utf8"));

function filesOf(folder: string): ReadonlyMap<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length), readFileSync(path, "utf8")] as const),
  );
}

describe("versions", () => {
  it("of the program, the image's tag and the charts are one", () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    expect(chartOf(CHART)).toMatchObject({ version, appVersion: version });
    expect(chartOf(LIBRARY)).toMatchObject({ version, type: "library" });
    expect(chartOf(CHART)["dependencies"]).toEqual([
      { name: "readiness-gate-lib", version, repository: "file://../readiness-gate-lib" },
    ]);
    const text = readFileSync(join(LIBRARY, "templates", "_read.tpl"), "utf8");
    expect(text).toContain(`"readiness-gate-lib.version" -}}\n${version}\n`);
  });

  it("the application carries the library as it is: node scripts/helm.mjs --vendor copies it", () => {
    const [original, copy] = [filesOf(LIBRARY), filesOf(join(CHART, "charts", "readiness-gate-lib"))];
    expect(original.size).toBeGreaterThan(5);
    expect([...copy.keys()]).toEqual([...original.keys()]);
    expect([...original.keys()].filter((path) => copy.get(path) !== original.get(path))).toEqual([]);
  });
});

describe("a new version of the charts", () => {
  skipWithoutHelm();

  /** The application chart with other versions in it. */
  async function chartWithVersions(version: string, appVersion: string): Promise<string> {
    const chart = join(await folderOfTest(), "readiness-gate");
    await cp(CHART, chart, { recursive: true });
    const edit = async (path: string, from: RegExp, to: string) => {
      const before = await readFile(join(chart, path), "utf8");
      expect(before).toMatch(from);
      await writeFile(join(chart, path), before.replace(from, to));
    };
    await edit("Chart.yaml", /^version: .*$/m, `version: ${version}`);
    await edit("Chart.yaml", /^appVersion: .*$/m, `appVersion: ${appVersion}`);
    await edit("Chart.yaml", /^ {4}version: .*$/m, `    version: ${version}`);
    await edit("charts/readiness-gate-lib/Chart.yaml", /^version: .*$/m, `version: ${version}`);
    return chart;
  }

  const SERVER = "templates/server.yaml";
  const serverText = (chart: string, image: Manifest = {}) =>
    renderText({ chart, showOnly: SERVER, values: { mode: "hold", image, server: { create: true } } });

  it("changes no byte of the Server, from which Seldon's operator makes the pods' template", async () => {
    const { appVersion } = chartOf(CHART);
    expect(await serverText(await chartWithVersions("7.8.9", appVersion))).toBe(await serverText(CHART));
  });

  it("does not either when it brings a new version of the gate and the image's tag is given", async () => {
    const newer = await chartWithVersions("7.8.9", "7.8.9");
    expect(await serverText(newer, { tag: "0.1.0" })).toBe(await serverText(CHART, { tag: "0.1.0" }));
  });

  it("brings the new version's image where no tag is given", async () => {
    const [server] = documentsOf(await serverText(await chartWithVersions("7.8.9", "7.8.9")));
    expect(server?.["spec"].podSpec.containers[1].image).toBe("readiness-gate:7.8.9");
  });

  it("shows in the labels of the chart's other objects", async () => {
    const pod = "templates/tests/readyz.yaml";
    const [newer] = documentsOf(await renderText({ chart: await chartWithVersions("7.8.9", "7.8.9"), showOnly: pod }));
    expect(newer?.["metadata"].labels).toMatchObject({ "helm.sh/chart": "readiness-gate-7.8.9" });
  });
});
