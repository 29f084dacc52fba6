import { type HttpReply, openLink, type PodLink } from "./pod-link.ts";
import { createNamespace, type Namespace, type NamespaceSupport, namespaceSupport } from "./pod-namespace.ts";
import { type Exit, type PodProcess, type PodSpawnOptions, startProcess } from "./pod-process.ts";

/** Options of one request from inside a pod. */
export interface RequestOptions {
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** Default: GET. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Bound on the whole exchange, in milliseconds; default 5,000. */
  readonly timeoutMs?: number;
}

/** What a one-shot command left behind. */
export interface RunResult extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

/** A stand-in for a Kubernetes pod: a network namespace that its processes share, and nothing else in it. */
export interface Pod {
  readonly name: string;
  /** The pod's own address besides loopback, without prefix length; null when none was asked for. */
  readonly address: string | null;
  /** Starts a process inside the pod. */
  spawn(command: string, args: readonly string[], options?: PodSpawnOptions): PodProcess;
  /** Runs a command inside the pod to its end; does not throw when it fails. */
  run(command: string, args: readonly string[], options?: PodSpawnOptions): Promise<RunResult>;
  /** One HTTP exchange from inside the pod; rejects with the socket's error code. */
  get(port: number, path: string, options?: RequestOptions): Promise<HttpReply>;
  /** One TCP connect from inside the pod, closed at once: `ok`, `timeout`, or the error's code. */
  connect(port: number, host?: string): Promise<string>;
  /** A file as the pod's processes see it (`/proc/net/tcp`). */
  read(path: string): Promise<string>;
  /** Kills what was started in the pod and takes the namespace away. Safe to call twice. */
  destroy(): Promise<void>;
}

/** What a pod is to have. */
export interface PodOptions {
  /** A second address on an interface of its own, such as `10.42.0.7/24`. */
  readonly address?: string;
}

const livingPods = new Set<() => void>();
process.on("exit", () => {
  for (const end of livingPods) end();
});
// Vitest ends its workers by this signal, which without a handler runs no exit hook.
process.once("SIGTERM", () => process.exit());

/** Whether pods can be made here, or why not; tests that need one skip with that reason. */
export function podsAvailable(): Promise<NamespaceSupport> {
  return namespaceSupport();
}

async function runToItsEnd(process: PodProcess): Promise<RunResult> {
  const exit = await process.exited;
  return { ...exit, stdout: process.stdout(), stderr: process.stderr() };
}

/** A veth pair with both ends in the pod: every kernel that runs containers has it, unlike `dummy`. */
async function addAddress(pod: Pod, address: string): Promise<void> {
  const script = `ip link add eth0 type veth peer name eth0-far && ip address add ${address} dev eth0 nodad &&
    ip link set eth0 up && ip link set eth0-far up`;
  const { code, stderr } = await pod.run("sh", ["-c", script]);
  if (code !== 0) throw new Error(`the pod's address ${address} could not be set: ${stderr}`);
}

function podIn(namespace: Namespace, link: PodLink, address: string | null): Pod {
  const processes = new Set<PodProcess>();
  const end = (): void => {
    if (!livingPods.delete(end)) return;
    link.close();
    for (const process of processes) process.destroy();
    namespace.remove();
  };
  livingPods.add(end);
  const start: Pod["spawn"] = (command, args, options) => {
    const process = startProcess([...namespace.enter, command, ...args], options);
    processes.add(process);
    return process;
  };
  return {
    name: namespace.name,
    address,
    spawn: start,
    run: (command, args, options) => runToItsEnd(start(command, args, options)),
    get: (port, path, { host = "127.0.0.1", method = "GET", headers = {}, body = "", timeoutMs = 5_000 } = {}) =>
      link.ask("http", { host, port, path, method, headers, body, timeoutMs }),
    connect: (port, host = "127.0.0.1") => link.ask("connect", { host, port, timeoutMs: 2_000 }),
    read: (path) => link.ask("read", { path }),
    destroy: async () => {
      end();
      await Promise.all([...processes].map(({ exited }) => exited));
    },
  };
}

async function linkTo(namespace: Namespace): Promise<PodLink> {
  try {
    return await openLink(namespace);
  } catch (error) {
    namespace.remove();
    throw error;
  }
}

/** Makes a pod. Throws where {@link podsAvailable} says that none can be made. */
export async function createPod({ address }: PodOptions = {}): Promise<Pod> {
  const support = await namespaceSupport();
  if (!support.ok) throw new Error(support.reason);
  const namespace = await createNamespace(support.mode);
  const pod = podIn(namespace, await linkTo(namespace), address?.split("/")[0] ?? null);
  try {
    if (address !== undefined) await addAddress(pod, address);
    return pod;
  } catch (error) {
    await pod.destroy();
    throw error;
  }
}
