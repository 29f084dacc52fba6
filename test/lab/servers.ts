import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import { readReport, type StandInControl } from "../../src/stand-in/child-protocol.ts";
import type { StandInPhase } from "../../src/stand-in/phases.ts";
import type { StandInPlanInput } from "../../src/stand-in/plan.ts";
import { type Mlserver, type ModelPlan, startMlserver } from "../support/mlserver.ts";
import type { Pod } from "../support/pod.ts";
import type { PodProcess } from "../support/pod-process.ts";
import { makeCertificate } from "../support/raw-servers.ts";
import type { Lab } from "./lab.ts";
import { asOrdinaryUser, PROGRAM } from "./lab-gate.ts";
import type { Act } from "./scenario.ts";

/** As in a Seldon pod. */
export const HTTP_PORT = 9000;
export const GRPC_PORT = 9500;

const STARTED_WITHIN_MS = 20_000;

/** A stand-in in a pod. */
interface StandInProcess {
  readonly process: PodProcess;
  /** Resolves when it is in the phase, or past it. */
  reached(phase: StandInPhase): Promise<void>;
}

function startStandIn(pod: Pod, plan: StandInPlanInput): StandInProcess {
  const phases: StandInPhase[] = [];
  const process_ = pod.spawn(process.execPath, [PROGRAM, "stand-in", JSON.stringify(plan)], {
    onMessage: (message) => {
      const report = readReport(message);
      if (report !== null && "phase" in report) phases.push(report.phase);
    },
  });
  return {
    process: process_,
    reached: (phase) =>
      vi.waitFor(
        () => {
          if (!phases.includes(phase)) throw new Error(`the stand-in is not ${phase}: ${process_.stderr()}`);
        },
        { timeout: STARTED_WITHIN_MS, interval: 10 },
      ),
  };
}

/**
 * Starts a stand-in on both of Seldon's ports and waits until it has come as far as its plan goes by itself: to the
 * first phase that ends only when told to (`advance`), or to readiness.
 */
export function standIn(plan: StandInPlanInput = {}, name = "server"): Act {
  return async (lab) => {
    const { process: started, reached } = startStandIn(lab.pod, {
      httpPort: HTTP_PORT,
      grpcPort: GRPC_PORT,
      ...plan,
    });
    lab.keep(name, started);
    await reached(lastPhase(plan));
  };
}

/** Starts a stand-in with its whole plan, and does not wait for anything it does. */
export function standInOnItsWay(plan: StandInPlanInput): Act {
  return (lab) => lab.keep("server", startStandIn(lab.pod, plan).process);
}

function lastPhase({ bindAfterMs, answerAfterMs, readyAfterMs }: StandInPlanInput): StandInPhase {
  if (bindAfterMs === null) return "starting";
  if (answerAfterMs === null) return "bound";
  return readyAfterMs === null ? "answering" : "ready";
}

/** Tells the stand-in what to do from now on. */
export function tell(control: StandInControl, name = "server"): Act {
  return (lab) => lab.process(name).send(control);
}

/** Sends a signal to a process that the lab has started; waits for its end when the signal ends it. */
export function signal(name: string, kind: "SIGKILL" | "SIGTERM" | "SIGSTOP" | "SIGCONT"): Act {
  return async (lab) => {
    const process_ = lab.process(name);
    process_.kill(kind);
    if (kind === "SIGKILL" || kind === "SIGTERM") await process_.exited;
  };
}

const RAW_SERVER = fileURLToPath(new URL("./raw-server.mjs", import.meta.url));

/** What `raw-server.mjs` does. */
export interface RawPlan {
  readonly does: "answer" | "listen" | "rebind" | "fill" | "noise";
  readonly [option: string]: unknown;
}

/** Starts a raw server, or a client of its kind, and waits until it says that it is under way. */
export function raw(plan: RawPlan, name = "server"): Act {
  return program([process.execPath, RAW_SERVER, JSON.stringify(plan)], name);
}

/** The same on the other side of eth0. */
export function rawAtPeer(plan: RawPlan, name = "remote"): Act {
  return program([process.execPath, RAW_SERVER, JSON.stringify(plan)], name, (lab) => lab.peer());
}

/** Starts a program that prints `up` once it is under way, and waits for that. */
export function program(
  [command, ...args]: readonly [string, ...string[]],
  name: string,
  where: (lab: Lab) => Pod = ({ pod }) => pod,
): Act {
  return async (lab) => {
    const process_ = where(lab).spawn(command, args);
    lab.keep(name, process_);
    await isUnderWay(process_);
  };
}

/** Starts a shell loop in the pod. */
export function shell(script: string, name: string): Act {
  return (lab) => lab.keep(name, lab.pod.spawn("sh", ["-c", script, "sh", process.execPath, RAW_SERVER]));
}

async function isUnderWay(process_: PodProcess): Promise<void> {
  const check = () => {
    if (!process_.stdout().includes("up\n")) throw new Error(`the server is not up: ${process_.stderr()}`);
  };
  await vi.waitFor(check, { timeout: STARTED_WITHIN_MS, interval: 10 });
}

/** Connections that come and go beside the gate's, half of them accepted and half refused by the kernel. */
export function noise(perSecond: number): Act {
  return raw({ does: "noise", perSecond }, "noise");
}

/** Lets time pass where that is the situation: a stall has a length. */
export function pause(ms: number): Act {
  return () => new Promise((resolve) => setTimeout(resolve, ms));
}

/** Bounds the gate's open files from now on (`RLIMIT_NOFILE`): below what it has open, it gets no more. */
export function openFiles(limit: number): Act {
  return async (lab) => {
    const { pid } = lab.process("gate");
    // Under the gate's own user: root may lack CAP_SYS_RESOURCE.
    const command = [...(await asOrdinaryUser()), "prlimit", `--pid=${pid}`, `--nofile=${limit}:`];
    const { code, stderr } = await lab.pod.run("env", command);
    if (code !== 0) throw new Error(stderr);
  };
}

/** Writes the gate's `/etc/hosts`, which must be its own (`GateRun.hosts`). */
export function hostsFile(text: string): Act {
  return (lab) => writeFile(`/proc/${lab.process("gate").pid}/root/etc/hosts`, text);
}

/** Does something with a certificate that is its own authority, as PEM. */
export function certificate(use: (pem: { cert: string; key: string }) => Act): Act {
  return async (lab) => {
    const { cert, key } = await makeCertificate();
    await use({ cert: cert.toString("utf8"), key: key.toString("utf8") })(lab);
  };
}

/** Waits until a socket listens on a port, or none does any more. */
export function portIs(state: "bound" | "free", port: number): Act {
  const row = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, "0")} 0+:0000 0A`);
  return ({ pod }) =>
    vi.waitFor(
      async () => {
        const tables = await Promise.all([pod.read("/proc/net/tcp"), pod.read("/proc/net/tcp6")]);
        const isBound = tables.some((table) => row.test(table));
        if (isBound !== (state === "bound")) throw new Error(`port ${port} is not ${state}`);
      },
      { timeout: STARTED_WITHIN_MS, interval: 20 },
    );
}

/** Waits until a path of the HTTP port answers 200. */
export function answers(path: string): Act {
  return ({ pod }) =>
    vi.waitFor(
      async () => {
        const { status } = await pod.get(HTTP_PORT, path);
        if (status !== 200) throw new Error(`${path} answers ${status}`);
      },
      { timeout: STARTED_WITHIN_MS, interval: 20 },
    );
}

/** A real MLServer, for one scenario. */
export function realServer(models: readonly ModelPlan[]) {
  let server: Mlserver | null = null;
  const start: Act = async ({ pod }) => {
    server = await startMlserver({ pod, models });
  };
  /** Blocks its event loop by an inference request; does not wait for the answer, which the pod's end may cut off. */
  const block = (model: string, seconds: number): Act => {
    return () => void server?.blockLoop(model, seconds).catch(() => undefined);
  };
  return { start, block };
}
