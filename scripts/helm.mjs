import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./setup.mjs";

// Its Kubernetes types (0.37.0) are those of test/charts/kube/go.mod too, so that they are built once.
const version = "v3.22.0";
const bin = join(root, ".cache", "bin");
const stampFile = join(bin, ".chart-tools");
const kube = join(root, "test", "charts", "kube");
const programs = ["strict-decode", "merge-replay"];
const library = join(root, "charts", "readiness-gate-lib");
const vendored = join(root, "charts", "readiness-gate", "charts", "readiness-gate-lib");

function sourcesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort((a, b) => (a < b ? -1 : 1));
}

function stamp() {
  const hash = createHash("sha256").update(version);
  for (const file of sourcesOf(kube)) hash.update(file.slice(kube.length)).update(readFileSync(file));
  return hash.digest("hex");
}

function go(args, cwd) {
  const env = { ...process.env, GOBIN: bin, GOFLAGS: "-buildvcs=false", CGO_ENABLED: "0" };
  const { status, stderr, error } = spawnSync("go", args, { cwd, env, encoding: "utf8" });
  if (status === 0) return null;
  const lastLine = (stderr ?? "").trim().split("\n").at(-1);
  return `go ${args.join(" ")}: ${error?.message ?? lastLine}`;
}

function install(done) {
  mkdirSync(bin, { recursive: true });
  const hasHelm = existsSync(join(bin, "helm")) && done?.version === version;
  return (
    (hasHelm ? null : go(["install", `helm.sh/helm/v3/cmd/helm@${version}`], root)) ??
    go(["install", ...programs.map((name) => `./${name}`)], kube)
  );
}

/** What the last set-up built: `{ version, stamp }`, or null. */
function readStamp() {
  return existsSync(stampFile) ? JSON.parse(readFileSync(stampFile, "utf8")) : null;
}

/**
 * Builds Helm and the small Go programs of the charts' tests into `.cache/bin`, unless those there are current.
 *
 * @returns {{ ok: true } | { ok: false, reason: string }} the reason names what is missing
 */
export function ensureChartTools() {
  const wanted = stamp();
  const done = readStamp();
  const areThere = ["helm", ...programs].every((name) => existsSync(join(bin, name)));
  if (areThere && done?.stamp === wanted) return { ok: true };
  if (spawnSync("go", ["version"]).status !== 0) return { ok: false, reason: "there is no go to build Helm with" };
  console.error("Building Helm and the tools of the charts' tests, in .cache/bin (the first time takes minutes)");
  const failure = install(done);
  if (failure !== null) return { ok: false, reason: failure };
  writeFileSync(stampFile, JSON.stringify({ version, stamp: wanted }));
  return { ok: true };
}

/** Copies the library chart into the application chart, which then needs no network; a test holds the two equal. */
function vendorLibrary() {
  rmSync(vendored, { recursive: true, force: true });
  cpSync(library, vendored, { recursive: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--vendor")) vendorLibrary();
  else {
    const result = ensureChartTools();
    console.log(result.ok ? bin : result.reason);
    process.exitCode = result.ok ? 0 : 1;
  }
}
