import { fileURLToPath } from "node:url";
import type { LoopbackState } from "../../src/core/loopback.ts";
import type { Burst } from "../../src/core/proof.ts";
import type { MadeBurst } from "../../src/probes/burst.ts";
import type { Pod } from "./pod.ts";
import type { PodProcess } from "./pod-process.ts";

const SCRIPT = fileURLToPath(new URL("proof-in-pod.ts", import.meta.url));
/** Arguments with which Node.js measures; what, and of which port, comes after. */
export const MEASURE: readonly string[] = ["--import", import.meta.resolve("tsx"), SCRIPT];

/** What two bursts, their control and the canary showed. */
export interface Measured {
  readonly bursts: readonly MadeBurst[];
  readonly control: Burst | null;
  readonly canary: LoopbackState | null;
}

/** What was measured with few descriptors left. */
export interface Exhausted {
  readonly canary: LoopbackState | null;
  readonly burst: Burst;
  readonly control: Burst | null;
}

/** Measures something with the gate's own probes inside a pod. */
export async function measureInPod<T = Measured>(pod: Pod, args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await pod.run(process.execPath, [...MEASURE, ...args]);
  if (code !== 0) throw new Error(`the measurement failed: ${stderr}`);
  return JSON.parse(stdout) as T;
}

/** Other connections of the pod that fail and are reset all the time. */
export function noiseInPod(pod: Pod, address: string, port: number): PodProcess {
  return pod.spawn(process.execPath, [...MEASURE, "noise", address, String(port)]);
}
