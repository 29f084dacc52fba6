import { fileURLToPath } from "node:url";
import type { Act } from "./scenario.ts";

const DENY = fileURLToPath(new URL("./deny.py", import.meta.url));

/** A command line that runs what follows it without leave to connect (seccomp: EPERM). */
export const WITHOUT_CONNECT = ["python3", DENY, "seccomp"];

/** Has a program of the lab's cgroup deny connects to a port (EPERM). */
export function cgroupDenies(port: number): Act {
  return change("deny", String(port));
}

/** Takes the program away. */
export const cgroupFree: Act = change("free");

function change(...args: readonly string[]): Act {
  return async (lab) => {
    const { code, stderr } = await lab.pod.run("python3", [DENY, "cgroup", lab.cgroup().path, ...args]);
    if (code !== 0) throw new Error(`the cgroup's program: ${stderr.trim().split("\n").at(-1)}`);
  };
}
