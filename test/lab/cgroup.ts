import { mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";

/** A cgroup of version 2, to which programs can be attached. */
export interface Cgroup {
  readonly path: string;
  /** Takes it away; its processes must have ended. */
  remove(): void;
}

/** Where cgroups of version 2 are mounted; null where they are not. */
export function cgroupRoot(): string | null {
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  const fields = mounts.map((line) => line.split(" ")).find(([, , type]) => type === "cgroup2");
  return fields?.[1] ?? null;
}

/** Makes a cgroup below the root. */
export function createCgroup(name: string): Cgroup {
  const root = cgroupRoot();
  if (root === null) throw new Error("no cgroup2 file system is mounted");
  const path = join(root, name);
  mkdirSync(path);
  return { path, remove: () => rmdirSync(path) };
}
