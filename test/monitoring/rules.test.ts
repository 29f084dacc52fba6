import { readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { VERDICT_CLASSES, VERDICT_CODES } from "../../src/core/verdict-table.ts";
import { folderOfTest, ROOT } from "../charts/helm.ts";
import { promtool, skipWithoutPrometheus } from "./prometheus.ts";
import { ALERTS, type Alert, RULE_FILE, RULES } from "./rules.ts";

const FOLDER = join(import.meta.dirname, "rules");
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith(".test.yaml"));

interface Check {
  readonly alertname: string;
  readonly exp_alerts: readonly unknown[];
}

interface RuleTest {
  readonly rule_files: readonly string[];
  readonly tests: readonly { readonly alert_rule_test: readonly Check[] }[];
}

const read = (name: string) => parse(readFileSync(join(FOLDER, name), "utf8")) as RuleTest;
const checksIn = (name: string) => read(name).tests.flatMap((test) => test.alert_rule_test);
const checksOf = (alert: string) => FILES.flatMap(checksIn).filter(({ alertname }) => alertname === alert);

/** Runs an alert's unit tests against the rules with that one changed. */
async function testChanged(alert: string, change: (rule: Alert) => Alert): Promise<number | null> {
  const groups = RULES.groups.map((group) => ({
    ...group,
    rules: group.rules.map((rule) => (rule.alert === alert ? change(rule) : rule)),
  }));
  const folder = await folderOfTest({ "alerts.yaml": stringify({ groups }) });
  await mkdir(join(folder, "tests"));
  const files = FILES.filter((name) => checksIn(name).some(({ alertname }) => alertname === alert));
  for (const name of files) {
    await writeFile(join(folder, "tests", name), stringify({ ...read(name), rule_files: ["../alerts.yaml"] }));
  }
  return promtool(["test", "rules", ...files.map((name) => join(folder, "tests", name))]).code;
}

describe("the rules", () => {
  skipWithoutPrometheus();

  it("are what promtool takes, without a remark", () => {
    const { code, output } = promtool(["check", "rules", "--lint-fatal", RULE_FILE]);
    expect(output).toContain(`SUCCESS: ${ALERTS.length} rules found`);
    expect(code).toBe(0);
  });

  it.each(FILES)("pass the unit tests of %s", (name) => {
    const { code, output } = promtool(["test", "rules", join(FOLDER, name)]);
    expect([code, output]).toEqual([0, expect.stringContaining("SUCCESS")]);
  });

  it("pass them unchanged in a copy too", async () => {
    expect(await testChanged("ReadinessGateAbsent", (rule) => rule)).toBe(0);
  });

  it.each(ALERTS.map(({ alert }) => alert))("do not pass them when %s never fires", async (alert) => {
    expect(await testChanged(alert, (rule) => ({ ...rule, expr: "vector(1) == 0" }))).not.toBe(0);
  });

  const waiting = ALERTS.filter((rule) => rule.for !== undefined).map(({ alert }) => alert);
  it.each(waiting)("do not pass them when %s does not wait", async (alert) => {
    const atOnce = ({ for: _, ...rest }: Alert): Alert => rest;
    expect(await testChanged(alert, atOnce)).not.toBe(0);
  });
});

describe("each alert", () => {
  it.each(ALERTS.map((rule) => [rule.alert, rule] as const))("%s says what it is and where to read on", (_, rule) => {
    expect(rule.labels["severity"]).toMatch(/^(?:critical|warning|info)$/);
    expect(new Set(Object.keys(rule.annotations))).toEqual(new Set(["summary", "description", "runbook"]));
    const [file = "", anchor = ""] = (rule.annotations["runbook"] ?? "").split("#");
    const headings = [...readFileSync(join(ROOT, file), "utf8").matchAll(/^#+ (.+)$/gm)];
    const anchors = headings.map(([, heading = ""]) => heading.toLowerCase().replaceAll(" ", "-"));
    const isAnyCode = anchor === "{{ $labels.code | toLower }}";
    const wanted = isAnyCode ? VERDICT_CODES.map((code) => code.toLowerCase()) : [anchor];
    expect(anchors).toEqual(expect.arrayContaining(wanted));
  });

  it.each(ALERTS.map(({ alert }) => alert))("%s is tried both where it fires and where it is silent", (alert) => {
    const fires = checksOf(alert).map(({ exp_alerts }) => exp_alerts.length > 0);
    expect(fires).toEqual(expect.arrayContaining([true, false]));
  });

  it("has a section in docs/monitoring.md", () => {
    const page = readFileSync(join(ROOT, "docs", "monitoring.md"), "utf8");
    const sections = [...page.matchAll(/^### (ReadinessGate\w+)$/gm)].map(([, name]) => name);
    expect(sections).toEqual(ALERTS.map(({ alert }) => alert));
  });

  it("asks for verdicts that exist", () => {
    const asked = ALERTS.map(({ expr }) => expr).join("\n");
    const classes = [...asked.matchAll(/class="([^"]+)"/g)].map(([, name]) => name);
    const codes = [...asked.matchAll(/code(?:=|!~)"([^"]+)"/g)].flatMap(([, names = ""]) => names.split("|"));
    expect(VERDICT_CLASSES).toEqual(expect.arrayContaining(classes));
    expect(VERDICT_CODES).toEqual(expect.arrayContaining(codes));
    expect([classes.length, codes.length].every((length) => length > 3)).toBe(true);
  });
});
