import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. This file needs nothing but Node.js, since it runs before anything is installed. */
export const root = fileURLToPath(new URL("..", import.meta.url));

const lockFile = join(root, "package-lock.json");
const modules = join(root, "node_modules");
const stampFile = join(modules, ".readiness-gate-lock");
const bundle = join(root, "dist", "readiness-gate.mjs");

/** SHA-256 of a file's bytes, in hexadecimal. */
export function hashOfFile(path) {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

/** Runs a command in the project's folder with this terminal; throws when it fails. */
function runOrThrow(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32" && command === "npm",
  });
  if (status !== 0) {
    throw new Error(`${command} ${args.join(" ")} failed: ${error?.message ?? `exit code ${status}`}`, {
      cause: error,
    });
  }
}

function modifiedMs(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}

function areDependenciesCurrent() {
  if (!existsSync(modules)) return false;
  if (existsSync(stampFile)) return readFileSync(stampFile, "utf8") === hashOfFile(lockFile);
  // Someone ran npm themselves: npm leaves its own copy of the lock file there when it has finished.
  return modifiedMs(join(modules, ".package-lock.json")) >= modifiedMs(lockFile);
}

/** Installs what package-lock.json names, unless node_modules already holds just that. */
export function ensureDependencies() {
  if (!areDependenciesCurrent()) {
    console.error("Installing the dependencies that package-lock.json names");
    runOrThrow("npm", ["ci", "--ignore-scripts", "--include=dev", "--no-audit", "--no-fund"]);
  }
  writeFileSync(stampFile, hashOfFile(lockFile));
}

function newestModifiedMs(path) {
  if (!existsSync(path)) return 0;
  if (!statSync(path).isDirectory()) return modifiedMs(path);
  return Math.max(0, ...readdirSync(path).map((name) => newestModifiedMs(join(path, name))));
}

/** Builds the bundle when it is missing or older than what it is made from. */
export function ensureBuilt() {
  const sources = ["src", "proto", "package.json", "scripts/build.mjs"].map((name) => join(root, name));
  if (modifiedMs(bundle) > Math.max(...sources.map(newestModifiedMs))) return;
  runOrThrow(process.execPath, [join(root, "scripts", "build.mjs")]);
}
