import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { beforeEach, onTestFinished } from "vitest";
import { parseAllDocuments } from "yaml";

export const ROOT = join(import.meta.dirname, "..", "..");
/** The application chart. */
export const CHART = join(ROOT, "charts", "readiness-gate");
/** The library chart. */
export const LIBRARY = join(ROOT, "charts", "readiness-gate-lib");

/** What JSON can say; a manifest's parts are looked up without types of their own. */
// biome-ignore lint/suspicious/noExplicitAny: a manifest is asked for fields that its strict decoding has vouched for
export type Manifest = Record<string, any>;

/** What a program printed and how it ended. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const BIN = join(ROOT, ".cache", "bin");
const TOOLS = ["helm", "strict-decode", "merge-replay"];

/** Skips the tests of a file, with the reason, where Helm could not be built. */
export function skipWithoutHelm(): void {
  beforeEach(({ skip }) => {
    const missing = TOOLS.filter((name) => !existsSync(join(BIN, name)));
    if (missing.length > 0) skip(`${missing.join(", ")} not built: node scripts/helm.mjs builds them, with go`);
  });
}

/** Runs a program of `.cache/bin`. */
export function runTool(name: string, args: readonly string[], input = ""): Promise<Ran> {
  return runWithInput(join(BIN, name), args, input);
}

/** Runs a program with a text on its standard input, without this machine's settings of Helm. */
export async function runWithInput(program: string, args: readonly string[], input: string): Promise<Ran> {
  const home = join(ROOT, ".cache", "helm-home");
  const child = spawn(program, args, { env: { PATH: process.env["PATH"], HOME: home } });
  child.stdin.end(input);
  const ended = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

/** How a chart is to be rendered. */
export interface Rendering {
  readonly chart?: string;
  readonly values?: Manifest;
  readonly release?: string;
  readonly showOnly?: string;
  readonly apiVersions?: readonly string[];
  readonly args?: readonly string[];
}

/** Runs `helm template`; values go in as a file, as a user's would. */
export function helmTemplate(rendering: Rendering = {}): Promise<Ran> {
  const { chart = CHART, values = {}, release = "gate", showOnly, apiVersions = [], args = [] } = rendering;
  const only = showOnly === undefined ? [] : ["--show-only", showOnly];
  const apis = apiVersions.flatMap((api) => ["--api-versions", api]);
  const flags = ["--namespace", "seldon-mesh", "--values", "-", ...only, ...apis, ...args];
  return runTool("helm", ["template", release, chart, ...flags], JSON.stringify(values));
}

/** The text that a chart renders; fails when it does not render. */
export async function renderText(rendering: Rendering = {}): Promise<string> {
  const { code, stdout, stderr } = await helmTemplate(rendering);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

/** The documents that a chart renders. */
export async function render(rendering: Rendering = {}): Promise<readonly Manifest[]> {
  return documentsOf(await renderText(rendering));
}

/** Why a chart does not render; fails when it does. */
export async function renderError(rendering: Rendering): Promise<string> {
  const { code, stderr, stdout } = await helmTemplate(rendering);
  if (code === 0) throw new Error(`rendered all the same:\n${stdout}`);
  return stderr;
}

/** The documents of a YAML text, without empty ones. */
export function documentsOf(yaml: string): readonly Manifest[] {
  return parseAllDocuments(yaml).flatMap((document) => {
    if (document.errors.length > 0) throw new Error(String(document.errors[0]));
    const content = document.toJS() as Manifest | null;
    return content === null ? [] : [content];
  });
}

/** A folder for the running test, with files of these texts. */
export async function folderOfTest(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rg-charts-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

/** A chart of one's own that uses the library: these templates and values. */
export async function chartWithLibrary(
  templates: Readonly<Record<string, string>>,
  values: Manifest = {},
): Promise<string> {
  const dependency = "dependencies: [{name: readiness-gate-lib, version: 0.1.0, repository: 'file://../lib'}]";
  const folder = await folderOfTest({
    "Chart.yaml": `apiVersion: v2\nname: own\nversion: 9.9.9\nappVersion: 9.9.9\n${dependency}\n`,
    "values.yaml": JSON.stringify(values),
    ...Object.fromEntries(Object.entries(templates).map(([name, content]) => [`templates/${name}`, content])),
  });
  await cp(LIBRARY, join(folder, "charts", "readiness-gate-lib"), { recursive: true });
  return folder;
}
