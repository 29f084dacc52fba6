import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Pod } from "./pod.ts";
import type { HttpReply } from "./pod-link.ts";
import type { Exit } from "./pod-process.ts";

const executable = fileURLToPath(new URL("../../.cache/python/bin/mlserver", import.meta.url));
const runtime = fileURLToPath(new URL("../mlserver/slow_runtime.py", import.meta.url));

/** A model of the test runtime, `test/mlserver/slow_runtime.py`; what is left out is fast and succeeds. */
export interface ModelPlan {
  /** `[a-z_]+`: it is a module's name too. */
  readonly name: string;
  /** Seconds for which the import of the runtime blocks the event loop. */
  readonly importSeconds?: number;
  /** Seconds that `load()` takes. */
  readonly loadSeconds?: number;
  /** Whether `load()` blocks the event loop while it takes its time; default false. */
  readonly isBlocking?: boolean;
  /** `import`, `raise`: the import or `load()` raises; `false`: `load()` returns False. */
  readonly fail?: "import" | "raise" | "false";
}

/** How MLServer is to be started. */
export interface MlserverOptions {
  readonly pod: Pod;
  /** Default: 9000, as in a Seldon pod. */
  readonly httpPort?: number;
  /** Default: 9500, as in a Seldon pod. */
  readonly grpcPort?: number;
  /** Default: MLServer's own, `0.0.0.0`. */
  readonly host?: string;
  /** Default: true, MLServer's own; Seldon's agent loads models itself and sets false. */
  readonly loadModelsAtStartup?: boolean;
  /** Default: 0, which runs the models on the event loop that serves HTTP and gRPC. */
  readonly parallelWorkers?: number;
  readonly models?: readonly ModelPlan[];
}

/** A real MLServer inside a pod. */
export interface Mlserver {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Asks it to end (SIGTERM) and waits until it has. */
  stop(): Promise<Exit>;
  kill(signal: NodeJS.Signals): void;
  /** Loads a model of its repository over HTTP, as Seldon's agent does over gRPC; the answer comes after the load. */
  loadModel(name: string): Promise<HttpReply>;
  /** Blocks the event loop for some seconds, by an inference request to a loaded model; the answer comes afterwards. */
  blockLoop(model: string, seconds: number): Promise<HttpReply>;
  /** What it has printed so far. */
  log(): string;
}

/** Why MLServer cannot be started here, or null. */
export function whyNoMlserver(): string | null {
  return existsSync(executable) ? null : "MLServer is not installed: node scripts/python-env.mjs installs it";
}

/** Writes the folder of a model into a repository. */
export async function writeModel(folder: string, plan: ModelPlan): Promise<void> {
  const { name, importSeconds = 0, loadSeconds = 0, isBlocking = false, fail = null } = plan;
  const module = `${name}_runtime`;
  const extra = { import_seconds: importSeconds, load_seconds: loadSeconds, blocking: isBlocking, fail };
  const settings = { name, implementation: `${module}.SlowModel`, parameters: { extra } };
  await mkdir(join(folder, name));
  await copyFile(runtime, join(folder, name, `${module}.py`));
  await writeFile(join(folder, name, "model-settings.json"), JSON.stringify(settings));
}

async function writeRepository(options: MlserverOptions): Promise<string> {
  const { httpPort = 9000, grpcPort = 9500, loadModelsAtStartup = true, parallelWorkers = 0, models = [] } = options;
  const folder = await mkdtemp(join(tmpdir(), "rg-mlserver-"));
  const settings = {
    http_port: httpPort,
    grpc_port: grpcPort,
    load_models_at_startup: loadModelsAtStartup,
    parallel_workers: parallelWorkers,
    ...(options.host === undefined ? {} : { host: options.host }),
  };
  await writeFile(join(folder, "settings.json"), JSON.stringify(settings));
  for (const plan of models) await writeModel(folder, plan);
  return folder;
}

/** Starts MLServer inside the pod and does not wait for anything it does. The pod's end ends it too. */
export async function startMlserver(options: MlserverOptions): Promise<Mlserver> {
  const { pod, httpPort = 9000 } = options;
  const folder = await writeRepository(options);
  const process = pod.spawn(executable, ["start", folder], { cwd: folder, env: { PYTHONUNBUFFERED: "1" } });
  const exited = process.exited.then(async (exit) => {
    await rm(folder, { recursive: true, force: true });
    return exit;
  });
  const post = (path: string, content: unknown) =>
    pod.get(httpPort, path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(content),
      timeoutMs: 120_000,
    });
  return {
    pid: process.pid,
    exited,
    stop: () => {
      process.kill("SIGTERM");
      return exited;
    },
    kill: process.kill,
    loadModel: (name) => post(`/v2/repository/models/${name}/load`, {}),
    blockLoop: (model, seconds) =>
      post(`/v2/models/${model}/infer`, {
        parameters: { block_seconds: seconds },
        inputs: [{ name: "x", shape: [1], datatype: "FP32", data: [1] }],
      }),
    log: () => process.stdout() + process.stderr(),
  };
}
