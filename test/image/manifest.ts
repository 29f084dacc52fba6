import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { output, project } from "./containers.ts";

/** As much of a container in a manifest as is read and written here. */
interface Container {
  readonly name: string;
  readonly image?: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly securityContext?: object;
  readonly volumeMounts?: readonly object[];
  readonly [field: string]: unknown;
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly volumes?: readonly object[];
}

/** A pod to run: the image and its base, and the folder with what MLServer serves and the termination log's file. */
export interface PodPlan {
  readonly name: string;
  readonly image: string;
  readonly base: string;
  readonly folder: string;
  /** The user that all containers run as; by default the gate runs as its image says, and MLServer as 1000. */
  readonly uid?: number;
}

/**
 * What the third container runs: first `wait`, then one call to each port, as an agent would. On one line: podman 4.3
 * writes such a text anew as YAML that it cannot read.
 */
const agentScript = [
  `const { spawnSync } = require("node:child_process");`,
  `console.log("waits");`,
  `const { status } = spawnSync("readiness-gate", ["wait", "--timeout", "120s"], { stdio: "inherit" });`,
  `console.log("wait ended with", status, "at", Date.now());`,
  `for (const port of [9000, 9500])`,
  `  require("node:net").connect(port, "127.0.0.1", function () { console.log("reaches", port); this.end(); });`,
].join(" ");

const helm = join(project, ".cache", "bin", "helm");

/** Why the chart cannot be rendered here, or null. */
export function whyNoManifest(): string | null {
  return existsSync(helm) ? null : "helm is not built: node scripts/helm.mjs builds it, with go";
}

/** The Server's `podSpec` as the chart renders it for the image. */
async function renderedSpec(image: string): Promise<PodSpec> {
  const [, registry, repository, tag] = /^([^/]+)\/([^:]+):(.+)$/.exec(image) ?? [];
  const values = {
    "server.create": true,
    "image.registry": registry,
    "image.repository": repository,
    "image.tag": tag,
  };
  const settings = Object.entries(values).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  const chart = join(project, "charts", "readiness-gate");
  const show = ["--show-only", "templates/server.yaml"];
  const text = await output(helm, "template", "gated", chart, ...settings, ...show);
  const { spec } = parse(text) as { readonly spec: { readonly podSpec: PodSpec } };
  return spec.podSpec;
}

/** A file or folder of this machine in a container, under a volume of that name; read-only unless a file to write to. */
function mount(name: string, hostPath: string, mountPath: string, type: "Directory" | "File" = "Directory") {
  return {
    volume: { name, hostPath: { path: hostPath, type } },
    mount: { name, mountPath, readOnly: type === "Directory" },
  };
}

/** This machine's Python with MLServer, mounted: copying it would take longer than all the tests. */
function mlserver({ base, folder, uid = 1000 }: PodPlan) {
  const python = realpathSync(join(project, ".cache", "python", "bin", "python"));
  const prefix = dirname(dirname(python));
  const library = join("lib", /python3\.\d+/.exec(python)?.[0] ?? "python3", "site-packages");
  const mounts = [
    mount("usr", "/usr", "/usr"),
    ...(prefix === "/usr" ? [] : [mount("python", prefix, "/opt/python")]),
    mount("packages", join(project, ".cache", "python", library), "/opt/packages"),
    mount("models", join(folder, "models"), "/mnt/models"),
  ];
  const blas = Object.entries(process.env).filter(([name]) => name.startsWith("OPENBLAS_"));
  const env = {
    PYTHONPATH: "/opt/packages",
    PYTHONUNBUFFERED: "1",
    LD_LIBRARY_PATH: "/opt/python/lib",
    ...Object.fromEntries(blas),
  };
  const interpreter = prefix === "/usr" ? python : python.replace(prefix, "/opt/python");
  return {
    volumes: mounts.map(({ volume }) => volume),
    container: {
      name: "mlserver",
      image: base,
      command: [interpreter, "-c", "from mlserver.cli import main; main()", "start", "/mnt/models"],
      workingDir: "/tmp",
      env: Object.entries(env).map(([name, value]) => ({ name, value })),
      securityContext: { runAsUser: uid },
      volumeMounts: mounts.map((each) => each.mount),
    },
  };
}

function userOf({ uid }: PodPlan): { readonly runAsUser?: number } {
  return uid === undefined ? {} : { runAsUser: uid };
}

/** Another program of the gate's image, which needs the gate. */
function agentOf(plan: PodPlan): Container {
  const command = ["/usr/local/bin/node", "-e", agentScript];
  return { name: "agent", image: plan.image, command, securityContext: userOf(plan) };
}

/**
 * The gate's container as rendered, less what podman does not do: probes (it would make them timers of systemd), ports
 * (it would publish them), and the pod's addresses (this pod has none but loopback). More than rendered: the file of the
 * termination log, which a kubelet mounts by itself.
 */
function gateOf(rendered: Container, plan: PodPlan, terminationLog: object): Container {
  const { livenessProbe: _, readinessProbe: __, ports: ___, ...container } = rendered;
  return {
    ...container,
    env: (container.env ?? []).filter(({ name }) => name !== "GATE_POD_IPS"),
    securityContext: { ...container.securityContext, ...userOf(plan) },
    volumeMounts: [...(container.volumeMounts ?? []), terminationLog],
  };
}

/** The pod, as JSON: what the chart rendered, with MLServer filled in and a third container that needs the gate. */
export async function manifestOf(plan: PodPlan): Promise<string> {
  const spec = await renderedSpec(plan.image);
  const server = mlserver(plan);
  const log = mount("termination-log", join(plan.folder, "termination-log"), "/dev/termination-log", "File");
  const containers = spec.containers.map((each) =>
    each.name === "mlserver" ? server.container : gateOf(each, plan, log.mount),
  );
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: plan.name },
    spec: {
      restartPolicy: "Never",
      containers: [...containers, agentOf(plan)],
      volumes: [...(spec.volumes ?? []), ...server.volumes, log.volume],
    },
  });
}
