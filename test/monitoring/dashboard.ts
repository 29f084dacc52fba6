import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CHART } from "../charts/helm.ts";

/** A query of a panel. */
export interface PanelTarget {
  readonly refId: string;
  readonly expr: string;
  readonly format?: string;
  readonly datasource: { readonly uid: string };
}

/** What the tests read of a panel. */
export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly PanelTarget[];
  readonly transformations?: readonly {
    readonly id: string;
    readonly options: { readonly include?: { readonly names: readonly string[] } };
  }[];
}

/** What the tests read of the dashboard. */
export interface Dashboard {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
}

export const DASHBOARD: Dashboard = JSON.parse(
  readFileSync(join(CHART, "dashboards", "readiness-gate.json"), "utf8"),
) as Dashboard;

/** The panels that ask something. */
export const PANELS = DASHBOARD.panels.filter(({ type }) => type !== "row");

/** The expression as Grafana sends it, for all namespaces and one pod. */
export function filledIn(expr: string, pod: string): string {
  return expr.replaceAll("$namespace", ".*").replaceAll("$pod", pod).replaceAll("$__rate_interval", "10s");
}
