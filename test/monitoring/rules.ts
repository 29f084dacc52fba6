import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { CHART } from "../charts/helm.ts";

/** The alerts, as promtool and the chart read them. */
export const RULE_FILE = join(CHART, "rules", "alerts.yaml");

/** An alerting rule. */
export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The file's content. */
export interface RuleGroups {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Alert[] }[];
}

export const RULES: RuleGroups = parse(readFileSync(RULE_FILE, "utf8")) as RuleGroups;

/** All alerts, in the file's order. */
export const ALERTS = RULES.groups.flatMap(({ rules }) => rules);
