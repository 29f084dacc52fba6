import { spawn } from "node:child_process";
import { createNamespace, namespaceSupport } from "../test/support/pod-namespace.ts";

/** Set in the process that already has a namespace of its own. */
const MARK = "READINESS_GATE_BENCH_IS_ALONE";

/** Whether this process runs in a network namespace of the bench's own. */
export function isInOwnNamespace(): boolean {
  return process.env[MARK] === "1";
}

/**
 * Runs this very program again, in a network namespace of its own as a pod has one: the gate reads the kernel's counts
 * of a whole namespace, and a neighbour's connections would be in them.
 *
 * @returns the exit code; null where no namespace can be made
 */
export async function runInOwnNamespace(): Promise<number | null> {
  const support = await namespaceSupport();
  if (!support.ok) return null;
  const namespace = await createNamespace(support.mode);
  const [command, ...enter] = namespace.enter;
  const again = [...enter, process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const child = spawn(command, again, { stdio: "inherit", env: { ...process.env, [MARK]: "1" } });
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (status) => resolve(status ?? 1));
  });
  namespace.remove();
  return code;
}
