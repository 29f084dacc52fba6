import { createPod, type Pod } from "../support/pod.ts";
import type { PodProcess } from "../support/pod-process.ts";
import { POD_ADDRESS, POD_ADDRESS_6 } from "./addresses.ts";
import { type Cgroup, createCgroup } from "./cgroup.ts";
import { type GateOptions, type LabGate, startLabGate } from "./lab-gate.ts";
import { linkPeer } from "./peer.ts";

/** What a lab is to have. */
export interface LabOptions {
  /** Whether a second network namespace, 10.42.0.1, stands on the other side of the pod's eth0. */
  readonly hasPeer?: boolean;
}

/** Where a scenario is played. */
export interface Lab {
  readonly pod: Pod;
  /** The namespace on the other side of eth0; throws unless the scenario asks for it. */
  peer(): Pod;
  /** The process that an act has started under a name; throws when there is none. */
  process(name: string): PodProcess;
  /** Keeps a process under a name for later acts. */
  keep(name: string, process: PodProcess): void;
  /** A cgroup of the lab's own, made when it is first asked for. */
  cgroup(): Cgroup;
  /** The gate; throws before it was started. */
  gate(): LabGate;
  startGate(options: GateOptions): Promise<LabGate>;
  /** What the gate and the servers have printed, for a test that failed. */
  output(): string;
  close(): Promise<void>;
}

async function createPods(hasPeer: boolean): Promise<{ pod: Pod; peer: Pod | null }> {
  const pod = await createPod(hasPeer ? {} : { address: `${POD_ADDRESS}/24` });
  try {
    const peer = hasPeer ? await linkPeer(pod) : null;
    const { code, stderr } = await pod.run("ip", [
      "-6",
      "address",
      "add",
      `${POD_ADDRESS_6}/64`,
      "dev",
      "eth0",
      "nodad",
    ]);
    // Without IPv6 in the kernel the scenarios that ask for it say so themselves.
    if (code !== 0 && !stderr.includes("not supported")) throw new Error(`the pod's IPv6 address: ${stderr}`);
    return { pod, peer };
  } catch (error) {
    await pod.destroy();
    throw error;
  }
}

/** Makes the pods of a lab; the caller closes it. */
export async function openLab({ hasPeer = false }: LabOptions = {}): Promise<Lab> {
  const { pod, peer } = await createPods(hasPeer);
  const processes = new Map<string, PodProcess>();
  let cgroup: Cgroup | null = null;
  let gate: LabGate | null = null;

  const demand = <T extends object>(thing: T | null, what: string): T => {
    if (thing === null) throw new Error(`the lab has no ${what} yet`);
    return thing;
  };
  const ownCgroup = () => {
    cgroup ??= createCgroup(pod.name);
    return cgroup;
  };
  return {
    pod,
    peer: () => demand(peer, "peer"),
    process: (name) => demand(processes.get(name) ?? null, `process ${name}`),
    keep: (name, process) => void processes.set(name, process),
    cgroup: ownCgroup,
    gate: () => demand(gate, "gate"),
    startGate: async (options) => {
      gate = await startLabGate({ pod, peer, cgroup: ownCgroup }, options);
      processes.set("gate", gate.process);
      return gate;
    },
    output: () => [...processes].map(([name, { stdout, stderr }]) => `--- ${name}\n${stdout()}${stderr()}`).join("\n"),
    close: async () => {
      await Promise.all([pod.destroy(), peer?.destroy()]);
      cgroup?.remove();
    },
  };
}
