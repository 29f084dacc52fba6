import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";

/** A network namespace of the test's own, with loopback up. */
export interface Namespace {
  readonly name: string;
  /** Command and arguments that run what follows inside the namespace, under the pid that `spawn` returns. */
  readonly enter: readonly [string, ...string[]];
  /** Forgets the namespace; it is gone once its last process has ended. */
  remove(): void;
}

/** How namespaces can be made here, or why they cannot. */
export type NamespaceSupport =
  | { readonly ok: true; readonly mode: "named" | "user" }
  | { readonly ok: false; readonly reason: string };

const namePrefix = "rg-test-";
let made = 0;

function run(command: readonly [string, ...string[]]): string {
  const [file, ...args] = command;
  return execFileSync(file, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Namespaces that a run killed outright could not take away: their names carry the pid of the process that made them. */
function sweepAbandoned(): void {
  const names = existsSync("/run/netns") ? readdirSync("/run/netns") : [];
  for (const name of names) {
    const owner = new RegExp(`^${namePrefix}(\\d+)-\\d+$`).exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    const pids = run(["ip", "netns", "pids", name]).split("\n").filter(Boolean);
    for (const pid of pids) process.kill(Number(pid), "SIGKILL");
    run(["ip", "netns", "delete", name]);
  }
}

function createNamed(): Namespace {
  made += 1;
  const name = `${namePrefix}${process.pid}-${made}`;
  run(["ip", "netns", "add", name]);
  return {
    name,
    enter: ["nsenter", `--net=/run/netns/${name}`, "--"],
    remove: () => void run(["ip", "netns", "delete", name]),
  };
}

async function isReady(holder: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    holder.stdout?.once("data", () => resolve());
    holder.once("error", reject);
    holder.once("exit", () => reject(new Error("unshare --map-root-user --net is not allowed here")));
  });
}

async function createInUserNamespace(): Promise<Namespace> {
  made += 1;
  // `cat` holds the namespace and ends with this process, whose end of the pipe it reads.
  const holder = spawn("unshare", ["--map-root-user", "--net", "sh", "-c", "echo up; exec cat"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  await isReady(holder);
  return {
    name: `${namePrefix}${process.pid}-${made}`,
    enter: ["nsenter", "--preserve-credentials", "--user", "--net", `--target=${holder.pid}`, "--"],
    remove: () => void holder.kill("SIGKILL"),
  };
}

/** Makes a namespace; `mode` comes from {@link namespaceSupport}. */
export async function createNamespace(mode: "named" | "user"): Promise<Namespace> {
  if (mode === "named") sweepAbandoned();
  const namespace = mode === "named" ? createNamed() : await createInUserNamespace();
  run([...namespace.enter, "ip", "link", "set", "lo", "up"]);
  return namespace;
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim().split("\n").at(-1) ?? "";
}

async function tryMode(mode: "named" | "user"): Promise<string | null> {
  try {
    (await createNamespace(mode)).remove();
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

let support: Promise<NamespaceSupport> | undefined;

async function findSupport(): Promise<NamespaceSupport> {
  if (process.platform !== "linux") return { ok: false, reason: "network namespaces are a thing of Linux" };
  const whyNotNamed = process.getuid?.() === 0 ? await tryMode("named") : "not root";
  if (whyNotNamed === null) return { ok: true, mode: "named" };
  const whyNotUser = await tryMode("user");
  if (whyNotUser === null) return { ok: true, mode: "user" };
  return { ok: false, reason: `no network namespaces: ip netns: ${whyNotNamed}; unshare: ${whyNotUser}` };
}

/** Tries, once a process, which kind of namespace can be made: named ones as root, else one in a user namespace. */
export function namespaceSupport(): Promise<NamespaceSupport> {
  support ??= findSupport();
  return support;
}
