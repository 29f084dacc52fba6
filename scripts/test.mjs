// npm test: sets up what the tests need, runs the checks and all tests, also on other lines of Node.js, and counts.
// npm test -- --fast: the unit and integration tests on this Node.js, nothing else.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ensureChartTools } from "./helm.mjs";
import { ensureNode, otherVersions } from "./other-node.mjs";
import { ensurePythonEnvironment } from "./python-env.mjs";
import { ensureBuilt, ensureDependencies, root } from "./setup.mjs";
import { ensureSystemPackages } from "./system-packages.mjs";

const modules = join(root, "node_modules");
const total = { passed: 0, failures: [], retried: [], skips: [] };

/** Runs a command with this terminal and returns its exit code; a signal to it (Ctrl-C) ends this script too. */
function run(command, args, env = {}) {
  const { status, signal, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...env },
  });
  if (signal !== null && error === undefined) process.exit(130);
  return status ?? 1;
}

/** One step that counts as one test. */
function step(name, action) {
  console.log(`\n=== ${name}`);
  try {
    action();
    total.passed += 1;
  } catch (error) {
    console.error(error.message);
    total.failures.push(name);
  }
}

function check(tool, ...args) {
  step(`check: ${[tool, ...args].join(" ")}`, () => {
    const code = run(join(modules, ".bin", tool), args);
    if (code !== 0) throw new Error(`${tool} ended with ${code}`);
  });
}

function readSummary(file) {
  return existsSync(file)
    ? JSON.parse(readFileSync(file, "utf8"))
    : { passed: 0, failures: [], retried: [], skips: [] };
}

/** Runs vitest's projects under a Node.js and adds up what they came to. */
function runTests({ node, version, projects }) {
  console.log(`\n=== ${projects.join(", ")} on Node.js ${version}`);
  const file = join(root, ".cache", `summary-${version}.json`);
  mkdirSync(join(root, ".cache"), { recursive: true });
  rmSync(file, { force: true });
  const args = [join(modules, "vitest", "vitest.mjs"), "run", ...projects.map((project) => `--project=${project}`)];
  const code = run(node, args, { READINESS_GATE_TEST_SUMMARY: file });
  const summary = readSummary(file);
  if (code !== 0 && summary.failures.length === 0) summary.failures.push(`vitest ended with ${code}`);
  total.passed += summary.passed;
  const named = (name) => `Node.js ${version}: ${name}`;
  total.failures.push(...summary.failures.map(named));
  total.retried.push(...summary.retried.map(named));
  total.skips.push(...summary.skips.map(({ name, reason }) => ({ name: named(name), reason })));
}

function runOnOtherNodes() {
  for (const version of otherVersions()) {
    const found = ensureNode(version);
    if (found.ok) runTests({ node: found.node, version, projects: ["unit", "integration"] });
    else total.skips.push({ name: `Node.js ${version}: unit, integration`, reason: found.reason });
  }
}

function runAll(here) {
  ensureSystemPackages();
  const python = ensurePythonEnvironment();
  if (!python.ok) console.error(`MLServer could not be installed: ${python.reason}`);
  const charts = ensureChartTools();
  if (!charts.ok) console.error(`Helm could not be built: ${charts.reason}`);
  step("build", ensureBuilt);
  check("biome", "ci", ".");
  check("tsc");
  check("tsc", "-p", "src/serve/page/browser");
  check("knip");
  runTests({ ...here, projects: ["unit", "integration", "e2e", "page", "lab", "charts", "monitoring"] });
  runTests({ ...here, projects: ["image"] });
  runOnOtherNodes();
}

function list(title, lines) {
  if (lines.length > 0) console.log([`\n${title}:`, ...lines.map((line) => `  ${line}`)].join("\n"));
}

/** Prints what did not simply pass; the last line stands alone for CI to read. */
function report() {
  const { passed, failures, retried, skips } = total;
  list(
    "Skipped",
    skips.map(({ name, reason }) => `${name}: ${reason}`),
  );
  list("Passed at a further try", retried);
  list("Failed", failures);
  const isStrict = process.env["CI"] === "true";
  if (isStrict && skips.length > 0) console.log("\nUnder CI=true a skip is a failure.");
  console.log(`\n${passed} passed, ${failures.length} failed, ${skips.length} skipped`);
  process.exitCode = failures.length > 0 || (isStrict && skips.length > 0) ? 1 : 0;
}

ensureDependencies();
const here = { node: process.execPath, version: process.versions.node };
if (process.argv.includes("--fast")) runTests({ ...here, projects: ["unit", "integration"] });
else runAll(here);
report();
