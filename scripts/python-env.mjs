import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hashOfFile, root } from "./setup.mjs";

const environment = join(root, ".cache", "python");
const requirements = join(root, "test", "mlserver", "requirements.txt");
const stampFile = join(environment, ".requirements-hash");
const python = join(environment, "bin", "python");

// MLServer 1.7.1 takes 3.9 to 3.12. A Python without ensurepip (Debian's, before python3-venv) cannot make environments.
const probe = "import sys, ensurepip; sys.exit(not (3, 9) <= sys.version_info[:2] <= (3, 12))";
const candidates = ["python3.12", "python3.11", "python3.10", "python3", "python3.9"];

/** The first Python on the PATH that MLServer runs on and that can make a virtual environment, or null. */
export function findPython() {
  return candidates.find((name) => spawnSync(name, ["-c", probe]).status === 0) ?? null;
}

function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status === 0) return null;
  const lastLine = `${stdout ?? ""}\n${stderr ?? ""}`.trim().split("\n").at(-1);
  return `${command} ${args.slice(0, 3).join(" ")}: ${error?.message ?? lastLine}`;
}

function makeEnvironment(basePython) {
  rmSync(environment, { recursive: true, force: true });
  const install = ["-m", "pip", "install", "--disable-pip-version-check", "--only-binary=:all:", "--no-deps"];
  return (
    run(basePython, ["-m", "venv", environment]) ??
    run(python, [...install, "--quiet", "-r", requirements]) ??
    run(python, ["-c", "import mlserver.cli.main"])
  );
}

function isCurrent() {
  return existsSync(stampFile) && existsSync(python) && readFileSync(stampFile, "utf8") === hashOfFile(requirements);
}

/**
 * Makes the virtual environment with MLServer in `.cache/python`, unless the one there is current.
 *
 * @returns {{ ok: true, python: string } | { ok: false, reason: string }} the interpreter's path, or why there is none
 */
export function ensurePythonEnvironment() {
  if (isCurrent()) return { ok: true, python };
  const basePython = findPython();
  if (basePython === null) return { ok: false, reason: "no Python 3.9 to 3.12 that can make a virtual environment" };
  console.error(`Installing MLServer for the tests, with ${basePython}, in .cache/python`);
  const failure = makeEnvironment(basePython);
  if (failure !== null) return { ok: false, reason: failure };
  writeFileSync(stampFile, hashOfFile(requirements));
  return { ok: true, python };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const result = ensurePythonEnvironment();
  console.log(result.ok ? result.python : result.reason);
  process.exitCode = result.ok ? 0 : 1;
}
