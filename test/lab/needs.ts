import { spawnSync } from "node:child_process";
import { whyNoMlserver } from "../support/mlserver.ts";
import { createPod } from "../support/pod.ts";
import { cgroupRoot } from "./cgroup.ts";
import type { Need } from "./scenario.ts";

/** For what only root can do: named namespaces, cgroups, eBPF. */
export const root: Need = whyNotRoot;

function whyNotRoot(): string | null {
  return process.getuid?.() === 0 ? null : "this scenario needs root";
}

/** For programs of eBPF that are attached to a cgroup. */
export const cgroupPrograms: Need = () => {
  const why = whyNotRoot() ?? whyNoPython();
  if (why !== null) return why;
  return cgroupRoot() === null ? "no cgroup2 file system is mounted" : null;
};

export const python: Need = whyNoPython;

function whyNoPython(): string | null {
  return spawnSync("python3", ["--version"]).status === 0 ? null : "python3 is not installed";
}

let filters: Promise<string | null> | undefined;

async function tryFilters(): Promise<string | null> {
  const pod = await createPod();
  try {
    for (const command of ["iptables -L", "ip6tables -L", "nft list ruleset"]) {
      const [file = "", ...args] = command.split(" ");
      const { code, stderr } = await pod.run("env", [file, ...args]);
      if (code !== 0) return `${command}: ${stderr.trim()}`;
    }
    return null;
  } finally {
    await pod.destroy();
  }
}

/** For rules: iptables, ip6tables and nft, tried once in a namespace. */
export const packetFilters: Need = () => {
  filters ??= tryFilters();
  return filters;
};

export const mlserver: Need = whyNoMlserver;
