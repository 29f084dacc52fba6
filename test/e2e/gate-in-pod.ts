import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, onTestFailed, onTestFinished, vi } from "vitest";
import { createPod, type Pod } from "../support/pod.ts";
import type { PodProcess } from "../support/pod-process.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));
const bundle = `${project}dist/readiness-gate.mjs`;

/** As much of the snapshot's verdict as these tests read. */
export interface VerdictView {
  readonly code: string;
  readonly class: string;
  readonly summary: string;
}

/** As much of a target in the snapshot as these tests read. */
export interface TargetView {
  readonly name: string;
  readonly required: boolean;
  readonly ready: boolean;
  readonly verdict: VerdictView;
  readonly bind: readonly { readonly address: string; readonly port: number; readonly inode: number }[];
  readonly timeline: Readonly<
    Record<"firstProbeAt" | "listeningAt" | "connectedAt" | "answeredAt" | "readyAt", string | null>
  >;
  readonly attempts: number;
  readonly restarts: number;
  readonly suspected: { readonly code: string; readonly looks: number } | null;
}

/** As much of `GET /status` as these tests read. */
export interface StatusView {
  readonly ready: boolean;
  readonly phase: string;
  readonly startedAt: string;
  readonly warnings: readonly string[];
  readonly verdict: VerdictView;
  readonly targets: readonly TargetView[];
}

/** A line of `GET /journal`. */
interface JournalLine {
  readonly kind: string;
  readonly target: string;
  readonly verdict: VerdictView;
  readonly to: { readonly code?: string; readonly phase?: string };
}

/** A gate that runs as `readiness-gate serve` inside a pod, on the contract's ports. */
export interface Gate {
  readonly process: PodProcess;
  /** Status code of `GET /readyz`. */
  readyz(): Promise<number>;
  status(): Promise<StatusView>;
  target(name: string): Promise<TargetView>;
  /** The codes that a target's verdict went through, from the journal, each change once. */
  codes(target: string): Promise<string[]>;
  /** The phases that the gate entered, from the journal. */
  phases(): Promise<string[]>;
  /** The classes of all verdicts that the journal names. */
  classes(): Promise<Set<string>>;
}

/** Settings of a gate under test; none at all by default. */
export interface GateOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

function nodeFlags(): string[] {
  const { config } = JSON.parse(readFileSync(`${project}package.json`, "utf8")) as { config: { nodeFlags: string } };
  return config.nodeFlags.split(" ");
}

function gateOver(pod: Pod, process: PodProcess): Gate {
  const status = async () => JSON.parse((await pod.get(9022, "/status")).body) as StatusView;
  const journal = async () => {
    const { body } = await pod.get(9022, "/journal");
    const lines = body.split("\n").filter(Boolean);
    return lines.map((line) => JSON.parse(line) as JournalLine);
  };
  const entered = async (kind: string) => (await journal()).filter((line) => line.kind === kind);
  return {
    process,
    readyz: async () => (await pod.get(9020, "/readyz")).status,
    status,
    target: async (name) => {
      const target = (await status()).targets.find((each) => each.name === name);
      if (target === undefined) throw new Error(`the snapshot has no target ${name}`);
      return target;
    },
    codes: async (target) => {
      const codes = (await entered("target")).filter((line) => line.target === target).map(({ to }) => to.code ?? "");
      return codes.filter((code, index) => code !== codes[index - 1]);
    },
    phases: async () => (await entered("gate")).map(({ to }) => to.phase ?? ""),
    classes: async () => new Set((await journal()).map(({ verdict }) => verdict.class)),
  };
}

/** Starts a gate in the pod and waits until it is alive. */
export async function startGate(pod: Pod, { args = [], env = {} }: GateOptions = {}): Promise<Gate> {
  const process_ = pod.spawn(process.execPath, [...nodeFlags(), bundle, "serve", ...args], { env });
  onTestFailed(() => console.error(`--- the gate's output\n${process_.stdout()}${process_.stderr()}`));
  await vi.waitFor(async () => expect((await pod.get(9020, "/livez")).status).toBe(200), { timeout: 20_000 });
  return gateOver(pod, process_);
}

/** A pod of the running test, with an address of its own as pods have one; gone when the test has finished. */
export async function podOfTest(): Promise<Pod> {
  const pod = await createPod({ address: "10.42.0.7/24" });
  onTestFinished(() => pod.destroy());
  return pod;
}
