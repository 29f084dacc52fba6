import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { beforeEach } from "vitest";

/** Whether Debian's package `prometheus`, with `promtool` in it, is there. */
export const HAS_PROMETHEUS = ["prometheus", "promtool"].every(
  (name) => spawnSync(name, ["--version"]).error === undefined,
);

/** Skips the tests of a file, with the reason, where Prometheus is not installed. */
export function skipWithoutPrometheus(): void {
  beforeEach(({ skip }) => {
    if (!HAS_PROMETHEUS) skip("prometheus and promtool are not installed: apt-get install prometheus");
  });
}

/** What promtool printed and how it ended. */
export interface Told {
  readonly code: number | null;
  readonly output: string;
}

/** Runs promtool with a text on its standard input. */
export function promtool(args: readonly string[], input = ""): Told {
  const { status, stdout, stderr } = spawnSync("promtool", args, { input, encoding: "utf8" });
  return { code: status, output: stdout + stderr };
}

/** What Prometheus scrapes: an address, and the labels that Kubernetes would give it. */
export interface Scraped {
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A series of an answer. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** A running Prometheus. */
export interface Prometheus {
  /** Evaluates an expression now. @throws {Error} when Prometheus refuses it */
  query(expression: string): Promise<readonly Series[]>;
  /** The data of an endpoint of its HTTP API. */
  get(path: string): Promise<unknown>;
  stop(): Promise<void>;
}

/** How often it scrapes and evaluates, in seconds. */
const EVERY_SECONDS = 1;

/** Starts Prometheus on a free port of loopback, with these rules, and its data in a folder that goes with it. */
export async function startPrometheus(scraped: readonly Scraped[], ruleFile: string): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), "rg-prometheus-"));
  const config = {
    global: { scrape_interval: `${EVERY_SECONDS}s`, evaluation_interval: `${EVERY_SECONDS}s` },
    rule_files: [ruleFile],
    scrape_configs: [
      {
        job_name: "seldon-mesh/gate",
        static_configs: scraped.map(({ address, labels }) => ({ targets: [address], labels })),
      },
    ],
  };
  const file = join(folder, "prometheus.yml");
  await writeFile(file, JSON.stringify(config));
  const data = join(folder, "data");
  const flags = [`--config.file=${file}`, `--storage.tsdb.path=${data}`, "--web.listen-address=127.0.0.1:0"];
  const child = spawn("prometheus", flags, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const port = await portOf(child.stderr);
  const get = (path: string) => askApi(port, path);
  return {
    get,
    query: async (expression) => {
      const answer = await get(`/api/v1/query?query=${encodeURIComponent(expression)}`);
      return (answer as { readonly result: readonly Series[] }).result;
    },
    stop: async () => {
      child.kill("SIGKILL");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The port that Prometheus says it listens on; its log is read on, so that it never blocks. */
function portOf(log: NodeJS.ReadableStream): Promise<number> {
  let said = "";
  return new Promise((resolve, reject) => {
    log.setEncoding("utf8");
    log.on("end", () => reject(new Error(`prometheus ended:\n${said}`)));
    log.on("data", (part: string) => {
      if (said.length < 100_000) said += part;
      const [, port] = /(?:TLS is disabled|Listening on).*address=127\.0\.0\.1:([1-9]\d*)/.exec(said) ?? [];
      if (port !== undefined) resolve(Number(port));
    });
  });
}

async function askApi(port: number, path: string): Promise<unknown> {
  const body = await new Promise<string>((resolve, reject) => {
    const asking = request({ host: "127.0.0.1", port, path, agent: false }, (response) =>
      text(response).then(resolve, reject),
    );
    asking.on("error", reject);
    asking.end();
  });
  const answer = JSON.parse(body) as { readonly status: string; readonly error?: string; readonly data: unknown };
  if (answer.status !== "success") throw new Error(`${path}: ${answer.error}`);
  return answer.data;
}
