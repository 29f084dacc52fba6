import { type ChildProcess, spawn } from "node:child_process";
import { Agent, get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { BUNDLE, NODE_FLAGS } from "./program.ts";

/** The two ports of one server. */
export interface ServerPorts {
  readonly httpPort: number;
  readonly grpcPort: number;
}

/** A running `serve`. */
export interface GateProcess {
  readonly pid: number;
  /** Asks `/readyz` every {@link POLL_MS} over a kept connection; resolves with the wall time of the first 200. */
  untilOpen(signal: AbortSignal): Promise<number>;
  stop(): Promise<void>;
}

const POLL_MS = 5;
const BOOT_POLL_MS = 50;

/** Starts `serve` before a server's two ports; resolves once it answers. */
export async function startGate(server: ServerPorts, listenPort: number): Promise<GateProcess> {
  const child = spawn(process.execPath, [...NODE_FLAGS, BUNDLE, ...serveArguments(server, listenPort)], {
    stdio: ["ignore", "ignore", "inherit"],
    env: {},
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("the gate could not be started");
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const poll = async (everyMs: number, isEnough: (status: number | null) => boolean, signal: AbortSignal | null) => {
    while (!isEnough(await askReadyz(listenPort, agent))) {
      if (child.exitCode !== null) throw new Error(`the gate ended with exit code ${child.exitCode}`);
      signal?.throwIfAborted();
      await delay(everyMs);
    }
    return Date.now();
  };
  await poll(BOOT_POLL_MS, (status) => status !== null, null);
  return {
    pid,
    untilOpen: (signal) => poll(POLL_MS, (status) => status === 200, signal),
    stop: () => stop(child, agent),
  };
}

function serveArguments({ httpPort, grpcPort }: ServerPorts, listenPort: number): readonly string[] {
  return [
    "serve",
    "--preset=none",
    `--target=http=http://127.0.0.1:${httpPort}/v2/health/ready`,
    `--target=grpc=grpc://127.0.0.1:${grpcPort}`,
    `--listen=127.0.0.1:${listenPort}`,
    "--admin-listen=",
    "--termination-log=",
  ];
}

async function stop(child: ChildProcess, agent: Agent): Promise<void> {
  agent.destroy();
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}

/** The status of `/readyz`; null when nobody answers. */
function askReadyz(port: number, agent: Agent): Promise<number | null> {
  return new Promise((resolve) => {
    get({ host: "127.0.0.1", port, path: "/readyz", agent }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? null));
    }).on("error", () => resolve(null));
  });
}
