import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { OPTION_LIST } from "../../src/settings/options.ts";
import { CHART, helmTemplate, LIBRARY, type Manifest, renderError, skipWithoutHelm } from "./helm.ts";

const readChart = (...path: string[]) => readFileSync(join(CHART, ...path), "utf8");
const VALUES: Manifest = parse(readChart("values.yaml"));
const SCHEMA: Manifest = JSON.parse(readChart("values.schema.json"));
const README = readChart("README.md");

/** Values that one sets as a whole, as tables of the README list them. */
const WHOLE = /^(?:settings|resources|securityContext|dashboard\.labels)$/;

/** `a.b` and its default, for each value that stands in the tables. */
function flat(values: Manifest, prefix = ""): readonly (readonly [string, unknown])[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const path = `${prefix}${key}`;
    const isGroup =
      value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length > 0;
    return isGroup && !WHOLE.test(path) ? flat(value, `${path}.`) : [[path, value] as const];
  });
}

function tableOf(markdown: string): readonly (readonly [string, string])[] {
  const rows = markdown.matchAll(/^\| `([A-Za-z.]+)` \| (?:`([^|]*)`|[^|]*) \|/gm);
  return [...rows].map(([, name = "", value = ""]) => [name, value] as const);
}

/** Settings that the chart itself decides. */
const KEPT = ["listen", "grpcListen", "journal", "podIps"];
const settingKeys = OPTION_LIST.map(({ key }) => key).filter((key) => !KEPT.includes(key));

describe("the values", () => {
  it("stand in the README, each with its default, and no others do", () => {
    const expected = flat(VALUES).map(([path, value]) => [path, JSON.stringify(value)]);
    expect(expected.length).toBeGreaterThan(40);
    expect(tableOf(README)).toEqual(expected);
  });

  it("stand in the schema, and no others do", () => {
    const inSchema = ({ properties }: Manifest) => new Set(Object.keys(properties));
    expect(inSchema(SCHEMA)).toEqual(new Set([...Object.keys(VALUES), "global", "readiness-gate-lib"]));
    for (const [key, value] of Object.entries(VALUES)) {
      const { properties, additionalProperties } = SCHEMA["properties"][key];
      if (properties === undefined || key === "settings") continue;
      expect([key, inSchema({ properties })]).toEqual([key, new Set(Object.keys(value))]);
      expect([key, additionalProperties]).toEqual([key, false]);
    }
  });

  it("take the gate's settings by their own keys: the schema, the library and the program agree", () => {
    expect(new Set(Object.keys(SCHEMA["properties"].settings.properties))).toEqual(new Set(settingKeys));
    const library = readFileSync(join(LIBRARY, "templates", "_env.tpl"), "utf8");
    const [, list = ""] = /setting-keys" -\}\}\n(\[[\s\S]*?\])/.exec(library) ?? [];
    expect(new Set(parse(list))).toEqual(new Set(settingKeys));
  });

  it("of the library are a part of the application's, with the same defaults", () => {
    const text = readFileSync(join(LIBRARY, "templates", "_read.tpl"), "utf8");
    const [, defaults = ""] = /"readiness-gate-lib.defaults" -\}\}\n([\s\S]*?)\n\{\{- end \}\}/.exec(text) ?? [];
    const library: Manifest = parse(defaults.replace(/\{\{.*\}\}/, '""'));
    expect(Object.keys(library).length).toBeGreaterThan(8);
    expect(VALUES).toMatchObject(library);
    const rows = tableOf(readFileSync(join(LIBRARY, "README.md"), "utf8")).map(([name]) => name);
    expect(rows).toEqual(flat(library).map(([path]) => path));
  });

  it("are called as the program's variables are", () => {
    const snake = (key: string) => `GATE_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
    expect(OPTION_LIST.map(({ key }) => snake(key))).toEqual(OPTION_LIST.map(({ variable }) => variable));
  });
});

describe("the schema", () => {
  skipWithoutHelm();

  it.each([
    ["an unknown value", { modus: "hold" }],
    ["an unknown value in a group", { image: { name: "x" } }],
    ["a mode that does not exist", { mode: "strict" }],
    ["a preset that does not exist", { settings: { preset: "kserve" } }],
    ["a setting that the chart decides", { settings: { listen: ":80" } }],
    ["a duration without a unit", { hold: { timeout: "30" } }],
    ["a duration as a number", { settings: { drain: 100 } }],
    ["a target without a name", { settings: { targets: ["http://127.0.0.1:9000"] } }],
    ["targets in one text", { settings: { targets: "a=tcp://h:1" } }],
    ["a digest of another form", { image: { digest: "latest" } }],
    ["a tag with a digest's sign", { image: { tag: "1@sha256:0" } }],
    ["a switch that is a text", { server: { create: "false" } }],
    ["a Server's name in capitals", { server: { name: "MLServer" } }],
    ["containers beside those of the chart", { server: { podSpec: { containers: [] } } }],
    ["volumes beside those of the chart", { server: { podSpec: { volumes: [] } } }],
    ["an environment variable without a name", { extraEnv: [{ value: "x" }] }],
    ["something else to print", { print: "everything" }],
    ["a size without a unit", { journal: { sizeLimit: "8" } }],
    ["a URL of another scheme", { test: { url: "ftp://x" } }],
  ])("refuses %s", async (_, values) => {
    expect(await renderError({ values })).toContain("values don't meet the specifications of the schema");
  });

  it("takes what the defaults are, and what Helm gives to each chart", async () => {
    const values = { ...VALUES, global: { imageRegistry: "x" } };
    expect((await helmTemplate({ values })).stderr).toBe("");
  });

  it("takes each setting", async () => {
    const settings = {
      preset: "none",
      host: "::1",
      targets: ["http=http://127.0.0.1:9000/v2/health/ready", "s=tcp://h:1?required=false"],
      openOn: "live",
      afterReady: "ready",
      probeTimeout: "1.5s",
      backoffMin: "50ms",
      backoffMax: "100ms",
      interval: "1m30s",
      failureThreshold: 3,
      successThreshold: 1,
      models: ["iris"],
      startupBudget: "10m",
      drain: "0s",
      adminListen: "",
      terminationLog: "/dev/termination-log",
      logLevel: "debug",
    };
    expect(Object.keys(settings)).toEqual(expect.arrayContaining(settingKeys));
    expect((await helmTemplate({ values: { settings, server: { create: true } } })).stderr).toBe("");
  });
});
