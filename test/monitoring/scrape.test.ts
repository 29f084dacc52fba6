import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ask } from "../support/http-ask.ts";
import { DASHBOARD, filledIn, PANELS, type Panel } from "./dashboard.ts";
import {
  HAS_PROMETHEUS,
  type Prometheus,
  promtool,
  type Series,
  skipWithoutPrometheus,
  startPrometheus,
} from "./prometheus.ts";
import { ALERTS, RULE_FILE } from "./rules.ts";
import { scrapedAs, startWatchedPods, type WatchedPod } from "./watched-pods.ts";

skipWithoutPrometheus();

let pods: readonly WatchedPod[] = [];
let prometheus: Prometheus;
/** What ends all that was started, also where the rest did not start. */
const stops: (() => Promise<void>)[] = [];

/** Scrapes of a pod after which a rate has enough to go by. */
const SCRAPES = 4;

beforeAll(async () => {
  if (!HAS_PROMETHEUS) return;
  pods = await startWatchedPods();
  stops.push(...pods.map(({ stop }) => stop));
  prometheus = await startPrometheus(pods.map(scrapedAs), RULE_FILE);
  stops.unshift(prometheus.stop);
  const isScraped = `count(count_over_time(readiness_gate_ready[1m]) >= ${SCRAPES})`;
  const until = async (expression: string, value: string) =>
    await vi.waitFor(async () => expect((await prometheus.query(expression))[0]?.value[1]).toBe(value), {
      timeout: 40_000,
      interval: 250,
    });
  await until(isScraped, String(pods.length));
  await until('readiness_gate_ready{pod="ready-0"}', "1");
  await until('readiness_gate_verdict{pod="swapped-0", class="misconfiguration"}', "1");
});

afterAll(async () => {
  for (const stop of stops) await stop();
});

describe("the metrics of running gates", () => {
  it("keep to the conventions of Prometheus", async () => {
    for (const { name, port } of pods) {
      const { body } = await ask(port, "/metrics");
      expect(body).toContain("readiness_gate_ready");
      expect([name, promtool(["check", "metrics"], body)]).toEqual([name, { code: 0, output: "" }]);
    }
  });

  it("would not pass with a counter that is called as none", () => {
    const { code, output } = promtool(["check", "metrics"], "# TYPE looks counter\nlooks 1\n");
    expect(output).toContain("looks");
    expect(code).not.toBe(0);
  });

  it("are scraped from every pod, each with fewer than 150 series", async () => {
    const samples = await prometheus.query("max_over_time(scrape_samples_scraped[1m])");
    expect(samples.length).toBe(pods.length);
    for (const { value } of samples) {
      expect(Number(value[1])).toBeGreaterThan(20);
      expect(Number(value[1])).toBeLessThan(150);
    }
  });
});

describe("the alerts in a running Prometheus", () => {
  it("are all evaluated without an error", async () => {
    const rules = async () => {
      const { groups } = (await prometheus.get("/api/v1/rules")) as { groups: readonly { rules: readonly Rule[] }[] };
      return new Map(groups.flatMap(({ rules }) => rules).map(({ name, health }) => [name, health]));
    };
    await vi.waitFor(
      async () => expect(await rules()).toEqual(new Map(ALERTS.map(({ alert }) => [alert, "ok"]))),
      10_000,
    );
  });

  it("wait for what is the matter with a pod, and name it", async () => {
    const alerts = async () => {
      const pending = await prometheus.query('ALERTS{pod=~".+"}');
      return pending.map(({ metric }) => `${metric["pod"]} ${metric["alertname"]?.replace("ReadinessGate", "")}`);
    };
    const expected = [
      "swapped-0 Misconfiguration",
      "blocked-0 NetworkBlock",
      "blocked-0 CrashLoop",
      "starting-0 StartOverdue",
    ];
    await vi.waitFor(async () => expect(new Set(await alerts())).toEqual(new Set(expected)), {
      timeout: 20_000,
      interval: 250,
    });
  });
});

interface Rule {
  readonly name: string;
  readonly health: string;
}

/** What each query of a panel returns, for the first pod that has data for all of them. */
async function dataOf({ targets = [] }: Panel): Promise<readonly (readonly Series[])[]> {
  let data: readonly (readonly Series[])[] = [];
  for (const { name } of pods) {
    data = await Promise.all(targets.map(({ expr }) => prometheus.query(filledIn(expr, name))));
    if (data.every((series) => series.some(({ value }) => value[1] !== "NaN"))) return data;
  }
  throw new Error(`no pod has data for ${JSON.stringify(targets.map(({ expr }) => expr))}`);
}

const panelOf = (title: string) => PANELS.find((panel) => panel.title === title) ?? PANELS[0];

async function rowsOf(title: string): Promise<readonly Series[]> {
  const panel = panelOf(title);
  return panel ? ((await dataOf(panel))[0] ?? []) : [];
}

describe("the dashboard's panels", () => {
  it.each(PANELS.map((panel) => [panel.title, panel] as const))("%s: each query returns data", async (_, panel) => {
    const data = await vi.waitFor(() => dataOf(panel), { timeout: 15_000, interval: 500 });
    expect(data.length).toBeGreaterThan(0);
    const names = panel.transformations?.find(({ id }) => id === "filterFieldsByName")?.options.include?.names ?? [];
    for (const { metric } of data.flat()) {
      expect(Object.keys(metric)).toEqual(expect.arrayContaining(names.filter((name) => name !== "Value")));
    }
  });

  it.each([
    ["Gates", 4],
    ["Open", 1],
    ["Starting", 1],
    ["Blocked", 1],
    ["Misconfigured", 1],
    ["Server faults", 0],
  ])("%s: counts the pods that are so", async (title, count) => {
    const rows = await rowsOf(title);
    expect(rows.map(({ value }) => Number(value[1]))).toEqual([count]);
  });

  it("say where a block is, and what the others wait for", async () => {
    const told = async (title: string) =>
      (await rowsOf(title)).map(({ metric }) => `${metric["pod"]} ${metric["target"]} ${metric["code"]}`).sort();
    expect(await told("Where blocked")).toEqual(["blocked-0 grpc DENIED"]);
    expect(await told("Not ready, and why")).toEqual([
      "starting-0 http NOT_LISTENING",
      expect.stringMatching(/^swapped-0 \w+ WRONG_PROTOCOL$/),
    ]);
  });

  it("see restarts and refusals by a rule", async () => {
    const [most] = await rowsOf("Server restarts in the last hour");
    expect(Number(most?.value[1])).toBeGreaterThan(0);
    const refusals = await rowsOf("Refused connections by who refused");
    const byRule = refusals.find(({ metric }) => metric["by"] === "firewall");
    expect(Number(byRule?.value[1])).toBeGreaterThan(0);
  });

  it("show each metric that a gate has", async () => {
    const names = (await prometheus.get("/api/v1/label/__name__/values")) as readonly string[];
    const own = names.filter((name) => /^readiness_gate_/.test(name)).map((name) => name.replace(/_(sum|count)$/, ""));
    const asked = PANELS.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join("\n");
    expect(own.length).toBeGreaterThan(10);
    expect(own.filter((name) => !asked.includes(name))).toEqual([]);
  });

  it("can be asked for the namespaces and the pods that there are", async () => {
    const [, namespaces, names] = DASHBOARD.templating.list;
    expect(namespaces?.definition).toBe("label_values(readiness_gate_ready, namespace)");
    expect(names?.definition).toBe('label_values(readiness_gate_ready{namespace=~"$namespace"}, pod)');
    const match = encodeURIComponent('readiness_gate_ready{namespace=~".*"}');
    const values = await prometheus.get(`/api/v1/label/pod/values?match[]=${match}`);
    expect(values).toEqual(pods.map(({ name }) => name).sort());
  });
});
