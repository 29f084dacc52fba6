import { spawn } from "node:child_process";
import { getHeapStatistics } from "node:v8";
import { EXIT } from "./exit-codes.ts";

const HEAP_MIB = 1024;
/** Less than this and the command is started anew; more than half of what it is then given, so that it is once only. */
const SUFFICIENT_BYTES = (HEAP_MIB / 2) * 1024 * 1024;

/**
 * Runs the same command in a process with a larger heap, with this one's input and outputs, where this one's is small:
 * the image bounds it for `serve` (docs/decisions.md), and the nodes of a long document do not fit. A heap that
 * overflows ends a process without a word.
 *
 * @returns the exit code; null where the heap is large enough
 */
export async function runInLargerHeap(): Promise<number | null> {
  if (getHeapStatistics().heap_size_limit >= SUFFICIENT_BYTES) return null;
  const args = [...process.execArgv, `--max-old-space-size=${HEAP_MIB}`, ...process.argv.slice(1)];
  const child = spawn(process.execPath, args, { stdio: "inherit" });
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? EXIT.internalError));
  });
}
