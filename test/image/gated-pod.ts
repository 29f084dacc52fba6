import { readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StatusView } from "../e2e/gate-in-pod.ts";
import { type ModelPlan, whyNoMlserver, writeModel } from "../support/mlserver.ts";
import type { HttpReply } from "../support/pod-link.ts";
import { openLink } from "../support/pod-link.ts";
import { type Ended, output, run } from "./containers.ts";
import { manifestOf, whyNoManifest } from "./manifest.ts";

/** How a pod is to be made. */
export interface GatedPodOptions {
  readonly image: string;
  readonly base: string;
  /** The user that all containers run as; by default the gate runs as its image says, and MLServer as 1000. */
  readonly uid?: number;
  /** A model that MLServer imports before it serves. */
  readonly model: ModelPlan;
  /** Rules of iptables that are there before any container: the arguments after `iptables`. */
  readonly rules?: readonly (readonly string[])[];
}

/** A pod of containers that podman runs: `mlserver`, `readiness-gate` and `agent`, which waits for the gate. */
export interface GatedPod {
  /** A container's process, as this machine numbers it. */
  pid(container: string): Promise<number>;
  /** `/proc/PID/NAME` of a container's process, as this machine sees it. */
  proc(container: string, name: string): Promise<string>;
  /** What a container has written so far. */
  logs(container: string): Promise<Ended>;
  /** The exit code, or null while the container runs. */
  exitCode(container: string): Promise<number | null>;
  /** Sends SIGTERM to a container's process. */
  terminate(container: string): Promise<void>;
  /** What `/dev/termination-log` of the gate holds. */
  terminationLog(): Promise<string>;
  get(port: number, path: string): Promise<HttpReply>;
  status(): Promise<StatusView>;
  /** Runs a program in the pod's network namespace, outside of its containers. */
  inNetwork(command: string, ...args: readonly string[]): Promise<string>;
  /** Adds a container of the gate's image to the running pod, and waits for its end. */
  add(...args: readonly string[]): Promise<Ended>;
  destroy(): Promise<void>;
}

/** Why no such pod can be made here, although containers can be run, or null. */
export function whyNoGatedPod(): string | null {
  return whyNoMlserver() ?? whyNoManifest();
}

let made = 0;

/** The folder of a pod: MLServer's settings and model, and an empty termination log that any user may write. */
async function makeFolder(model: ModelPlan): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rg-image-"));
  await chmod(folder, 0o755);
  const models = join(folder, "models");
  await mkdir(models);
  // As in a Seldon pod, but for the model, which the agent would load.
  const settings = { http_port: 9000, grpc_port: 9500, parallel_workers: 0 };
  await writeFile(join(models, "settings.json"), JSON.stringify(settings));
  await writeModel(models, model);
  await writeFile(join(folder, "termination-log"), "");
  await chmod(join(folder, "termination-log"), 0o666);
  return folder;
}

async function pidOf(container: string): Promise<number> {
  return Number(await output("podman", "inspect", "--format={{.State.Pid}}", container));
}

/** Starts the pod, with its rules set before its first container starts. */
async function play(name: string, manifest: string, rules: readonly (readonly string[])[]): Promise<readonly string[]> {
  await output("podman", "kube", "play", "--network=none", "--start=false", manifest);
  const infra = await output("podman", "pod", "inspect", "--format={{.InfraContainerID}}", name);
  await output("podman", "start", infra);
  const enter = ["nsenter", `--net=/proc/${await pidOf(infra)}/ns/net`, "--"];
  for (const rule of rules) await output("env", ...enter, "iptables", ...rule);
  await output("podman", "pod", "start", name);
  return enter;
}

/** Runs a pod with the gate, by `podman kube play` and what the chart renders. */
export async function startGatedPod(options: GatedPodOptions): Promise<GatedPod> {
  const { image, base, model, uid, rules = [] } = options;
  made += 1;
  // The image's name has the id of the process that takes away what is left.
  const name = `${/rg-test-\d+/.exec(image)?.[0] ?? "rg-test"}-pod${made}`;
  const folder = await makeFolder(model);
  const plan = { name, image, base, folder, ...(uid === undefined ? {} : { uid }) };
  const manifest = join(folder, "pod.json");
  await writeFile(manifest, await manifestOf(plan));
  const remove = async () => {
    await run("podman", "pod", "rm", "--force", "--time=0", name);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return await podOf({ name, image, folder, enter: await play(name, manifest, rules), remove });
  } catch (error) {
    await remove();
    throw error;
  }
}

interface Parts {
  readonly name: string;
  readonly image: string;
  readonly folder: string;
  readonly enter: readonly string[];
  remove(): Promise<void>;
}

async function podOf({ name, image, folder, enter, remove }: Parts): Promise<GatedPod> {
  const link = await openLink({ name, enter: ["env", ...enter], remove: () => {} });
  const named = (container: string) => `${name}-${container}`;
  const pid = (container: string) => pidOf(named(container));
  const get: GatedPod["get"] = (port, path) =>
    link.ask("http", { host: "127.0.0.1", port, path, method: "GET", headers: {}, body: "", timeoutMs: 5_000 });
  return {
    pid,
    proc: async (container, file) => readFileSync(`/proc/${await pid(container)}/${file}`, "utf8"),
    logs: (container) => run("podman", "logs", named(container)),
    exitCode: async (container) => {
      const format = "{{.State.Status}} {{.State.ExitCode}}";
      const [state, code] = (await output("podman", "inspect", `--format=${format}`, named(container))).split(" ");
      return state === "exited" ? Number(code) : null;
    },
    terminate: async (container) => void process.kill(await pid(container), "SIGTERM"),
    terminationLog: () => readFile(join(folder, "termination-log"), "utf8"),
    get,
    status: async () => JSON.parse((await get(9022, "/status")).body) as StatusView,
    inNetwork: (command, ...args) => output("env", ...enter, command, ...args),
    add: (...args) => run("podman", "run", "--rm", `--pod=${name}`, "--read-only", "--cap-drop=all", image, ...args),
    destroy: async () => {
      link.close();
      await remove();
    },
  };
}
