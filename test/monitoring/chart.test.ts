import { describe, expect, it } from "vitest";
import { render, skipWithoutHelm } from "../charts/helm.ts";
import { DASHBOARD, PANELS } from "./dashboard.ts";
import { RULES } from "./rules.ts";

const API = "monitoring.coreos.com/v1/PrometheusRule";

describe("the chart's monitoring objects", () => {
  skipWithoutHelm();

  it("carry the rules and the dashboard word for word, under the labels that were asked for", async () => {
    const labels = { release: "monitoring" };
    const values = { prometheusRule: { enabled: true, labels }, dashboard: { enabled: true } };
    const documents = await render({ values, apiVersions: [API] });
    const rule = documents.find(({ kind }) => kind === "PrometheusRule");
    expect(rule?.["spec"]).toEqual(RULES);
    expect(rule?.["metadata"].labels).toMatchObject(labels);
    const map = documents.find(({ kind }) => kind === "ConfigMap");
    expect(JSON.parse(map?.["data"]["readiness-gate.json"])).toEqual(DASHBOARD);
  });
});

describe("the dashboard", () => {
  it("has panels with ids of their own, that say what they show and ask the chosen data source", () => {
    expect(DASHBOARD.schemaVersion).toBeGreaterThanOrEqual(41);
    expect(new Set(DASHBOARD.panels.map(({ id }) => id)).size).toBe(DASHBOARD.panels.length);
    expect(PANELS.length).toBeGreaterThan(20);
    for (const { title, description, targets } of PANELS) {
      expect([title, description]).toEqual([title, expect.stringMatching(/\.$/)]);
      const sources = new Set(targets?.map(({ datasource }) => datasource.uid));
      expect(sources).toEqual(new Set([`\${datasource}`]));
    }
    expect(DASHBOARD.templating.list.map(({ name }) => name)).toEqual(["datasource", "namespace", "pod"]);
  });

  it("lays no panel over another, nor out of its 24 columns", () => {
    const cells = DASHBOARD.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(DASHBOARD.panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });
});
