import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";

/**
 * Writes one line to the standard output of the container's first process, when that is a gate and not this process: what
 * a lifecycle hook prints is kept by nobody (kubernetes/kubernetes#119541), but `kubectl logs` shows the gate's output.
 *
 * @returns whether the line was written
 */
export function writeToContainerLog(line: string, procRoot: string): boolean {
  if (process.pid === 1 || !isGate(procRoot)) return false;
  try {
    // Without blocking: a log that nobody reads must not hold up the hook.
    const descriptor = openSync(`${procRoot}/1/fd/1`, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK);
    try {
      writeSync(descriptor, `${line}\n`);
    } finally {
      closeSync(descriptor);
    }
    return true;
  } catch {
    // Another user's process, or a pipe that is full: the termination log has the words as well.
    return false;
  }
}

function isGate(procRoot: string): boolean {
  try {
    const words = readFileSync(`${procRoot}/1/cmdline`, "utf8").split("\0");
    return words.some((word) => /(^|\/)readiness-gate(\.mjs)?$/.test(word));
  } catch {
    return false;
  }
}
