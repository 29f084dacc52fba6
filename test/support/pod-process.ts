import { spawn } from "node:child_process";

/** How a process of a pod ended. */
export interface Exit {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Options of a process in a pod. */
export interface PodSpawnOptions {
  /** Added to this process's own environment, which is passed on without the settings of the gate and of MLServer. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Opens an IPC channel, as `fork` does, and hears what the process sends over it. */
  readonly onMessage?: (message: unknown) => void;
}

/** A process that runs inside a pod. */
export interface PodProcess {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** What it wrote to stdout so far. */
  stdout(): string;
  /** What it wrote to stderr so far. */
  stderr(): string;
  /** Sends over the IPC channel; what is sent to a process without one, or that has ended, is lost. */
  send(message: object): void;
  /** Signals the process itself, not its children. Nothing happens when it has ended. */
  kill(signal: NodeJS.Signals): void;
  /** Kills it and every process of its group. */
  destroy(): void;
}

const keptCharacters = 4 * 1024 * 1024;

function inheritedEnvironment(): Record<string, string> {
  const isPassedOn = ([name, value]: [string, string | undefined]) =>
    value !== undefined && !/^(GATE_|MLSERVER_|NODE_OPTIONS$|VITEST)/.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(isPassedOn)) as Record<string, string>;
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = "";
  if (stream === null) return () => text;
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    text = (text + chunk).slice(-keptCharacters);
  });
  return () => text;
}

/** Signals a process, or with a negative pid a group; one that is gone already is as good as killed. */
function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Starts a command as the leader of a process group of its own. Fails as `spawn` does when the command is missing. */
export function startProcess(command: readonly [string, ...string[]], options: PodSpawnOptions = {}): PodProcess {
  const [file, ...args] = command;
  const child = spawn(file, args, {
    detached: true,
    stdio: ["ignore", "pipe", "pipe", ...(options.onMessage === undefined ? [] : (["ipc"] as const))],
    env: { ...inheritedEnvironment(), ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${file} could not be started`);
  if (options.onMessage !== undefined) child.on("message", options.onMessage);
  let hasEnded = false;
  const exited = new Promise<Exit>((resolve) => {
    child.once("exit", () => {
      hasEnded = true;
    });
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  return {
    pid,
    exited,
    stdout: collect(child.stdout),
    stderr: collect(child.stderr),
    send: (message) => {
      if (child.connected) child.send(message, () => undefined);
    },
    kill: (signal) => {
      if (!hasEnded) signalIfThere(pid, signal);
    },
    destroy: () => signalIfThere(-pid, "SIGKILL"),
  };
}
