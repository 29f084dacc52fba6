import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What a command left behind. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const project = fileURLToPath(new URL("../..", import.meta.url));
/** Where images, containers and what they are made of are kept. */
export const store = join(project, ".cache", "containers");

/** `f_type` of statfs(2) for overlayfs, on which no further overlay can be mounted. */
const OVERLAYFS = 0x794c7630;

/**
 * Settings of a store of the tests' own: cgroups without systemd, events in a file (no journald), the runtime that
 * works on hybrid cgroups, and ulimits that need no CAP_SYS_RESOURCE.
 */
function writeSettings(): Record<string, string> {
  mkdirSync(store, { recursive: true });
  // Podman remembers both folders and refuses others, and binds sockets below the first, whose paths have 107 bytes at most.
  const key = createHash("sha256").update(store).digest("hex").slice(0, 8);
  const run = join("/run", `rg-containers-${key}`);
  const driver = statfsSync(store).type === OVERLAYFS ? "vfs" : "overlay";
  const engine = { cgroup_manager: "cgroupfs", events_logger: "file", runtime: "runc", tmp_dir: join(run, "libpod") };
  const settings = {
    "storage.conf": { storage: { driver, runroot: join(run, "storage"), graphroot: join(store, key) } },
    "containers.conf": { containers: { default_ulimits: ["nofile=1024:1024", "nproc=4096:4096"] }, engine },
  };
  for (const [name, tables] of Object.entries(settings)) writeFileSync(join(store, name), tomlOf(tables));
  return {
    CONTAINERS_CONF: join(store, "containers.conf"),
    CONTAINERS_STORAGE_CONF: join(store, "storage.conf"),
  };
}

/** Strings and lists of strings are written in TOML as in JSON. */
function tomlOf(tables: Readonly<Record<string, object>>): string {
  const lines = Object.entries(tables).flatMap(([table, values]) => [
    `[${table}]`,
    ...Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
  ]);
  return `${lines.join("\n")}\n`;
}

let settings: Record<string, string> | undefined;

/** Runs a command to its end, with the store's settings; does not throw when it fails. Bounded by ten minutes. */
export function run(command: string, ...args: readonly string[]): Promise<Ended> {
  settings ??= writeSettings();
  const options = { env: { ...process.env, ...settings }, maxBuffer: 64 * 1024 * 1024, timeout: 600_000 };
  return new Promise((resolve) => {
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, stdout, stderr: code === -1 ? `${error?.message}\n${stderr}` : stderr });
    });
    child.stdin?.end();
  });
}

/** Runs a command that must succeed, and returns what it printed, trimmed. */
export async function output(command: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(command, ...args);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
  return stdout.trim();
}
