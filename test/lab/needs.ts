import { spawnSync } from "node:child_process";
import { whyNoMlserver } from "../support/mlserver.ts";
import { cgroupRoot } from "./cgroup.ts";
import type { Need } from "./scenario.ts";

/** For what only root can do: named namespaces, cgroups, eBPF. */
export const root: Need = () => (process.getuid?.() === 0 ? null : "this scenario needs root");

/** For programs of eBPF that are attached to a cgroup. */
export const cgroupPrograms: Need = () => {
  const why = root() ?? python();
  if (why !== null) return why;
  return cgroupRoot() === null ? "no cgroup2 file system is mounted" : null;
};

export const python: Need = () =>
  spawnSync("python3", ["--version"]).status === 0 ? null : "python3 is not installed";

export const mlserver: Need = whyNoMlserver;
