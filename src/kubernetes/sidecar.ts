import { parseListenAddress } from "../settings/listen-address.ts";
import type { JsonObject } from "./json.ts";

/** Name of the container, and of the volume that it keeps its journal on. */
export const GATE_NAME = "readiness-gate";

/** What the gate is to do in its pod: watch only, be a readiness probe too, or also hold back what starts after it. */
export const MODES = ["observe", "ready", "hold"] as const;
export type Mode = (typeof MODES)[number];

/** A variable of the container. */
export interface Variable {
  readonly name: string;
  readonly value: string;
}

/** How the gate is to stand in a pod. */
export interface SidecarOptions {
  readonly image: string;
  readonly mode: Mode;
  /** Name of the preset, as `GATE_PRESET` takes it. */
  readonly preset: string;
  /** A native sidecar: an init container that goes on running (Kubernetes 1.29 and later). */
  readonly isNative: boolean;
  /**
   * Whether the server starts before the gate. A native sidecar then holds back what comes next until the server is there;
   * it must not when the server itself comes next, since the two would wait for each other.
   */
  readonly isAfterServer: boolean;
  /** Further variables; one of a name that is set anyway takes its place. */
  readonly variables: readonly Variable[];
}

const EXECUTABLE = "/usr/local/bin/readiness-gate";
const FOLDER = "/var/run/readiness-gate";
const PORT_NAME = "gate";
const PORT = 9020;

/** Seldon's pod has 120 s to end; the drain is to be over before. */
const SELDON_DRAIN = "100s";

/**
 * The container of the gate: for `containers`, or for `initContainers` as a native sidecar. This is the one place in the
 * code that says what it looks like; the charts render the same.
 *
 * - The port is called `gate`: Seldon's Services look for ports called `http` and `grpc` by name.
 * - A regular sidecar has no startup probe: the kubelet would kill the gate because the server is slow. A native one has
 *   one that lets go after 120 s, well before the kubelet would give the gate up (180 s).
 * - The hook of `hold` waits 30 s at most: while it runs the kubelet publishes no pod address, shows no logs and restarts
 *   no container that crashed.
 * - The security context meets the restricted Pod Security Standard. It names no user: the image's is 65532, and one that
 *   the pod names (Seldon: 1000) goes before.
 * - The limit of memory leaves room for `wait`, `check` or `diagnose`, which are started inside the same container.
 */
export function sidecarContainer(options: SidecarOptions): JsonObject {
  return {
    name: GATE_NAME,
    image: options.image,
    ...(options.isNative ? { restartPolicy: "Always" } : {}),
    env: variablesOf(options),
    ports: portsOf(options),
    ...probesOf(options),
    ...(options.mode === "hold" && !options.isNative ? { lifecycle: HOLD } : {}),
    resources: { requests: { cpu: "10m", memory: "96Mi" }, limits: { memory: "192Mi" } },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    },
    volumeMounts: [{ name: GATE_NAME, mountPath: FOLDER }],
  };
}

/** The volume that keeps the journal over restarts of the gate's container. */
export function sidecarVolume(): JsonObject {
  return { name: GATE_NAME, emptyDir: { sizeLimit: "8Mi" } };
}

const HOLD: JsonObject = {
  postStart: { exec: { command: [EXECUTABLE, "wait", "--timeout", "30s", "--on-timeout", "continue"] } },
};

function probesOf({ mode, isNative, isAfterServer }: SidecarOptions): JsonObject {
  const get = (path: string) => ({ path, port: PORT_NAME });
  const startup = {
    httpGet: get("/startupz?release=120s"),
    periodSeconds: 1,
    timeoutSeconds: 2,
    failureThreshold: 180,
  };
  const readiness = { httpGet: get("/readyz?code=class"), periodSeconds: 2, timeoutSeconds: 2 };
  return {
    ...(isNative && isAfterServer && mode !== "observe" ? { startupProbe: startup } : {}),
    ...(mode === "observe" ? {} : { readinessProbe: readiness }),
    livenessProbe: { httpGet: get("/livez"), periodSeconds: 10, timeoutSeconds: 2 },
  };
}

/** The port of probes, and that of the gRPC health service where it is asked for: their names are in the contract. */
function portsOf({ variables }: SidecarOptions): readonly JsonObject[] {
  const portIn = (name: string) =>
    parseListenAddress(variables.find((variable) => variable.name === name)?.value ?? "")?.port;
  const grpcPort = portIn("GATE_GRPC_LISTEN");
  return [
    { name: PORT_NAME, containerPort: portIn("GATE_LISTEN") ?? PORT },
    ...(grpcPort === undefined ? [] : [{ name: `${PORT_NAME}-grpc`, containerPort: grpcPort }]),
  ];
}

function variablesOf({ preset, variables }: SidecarOptions): readonly JsonObject[] {
  const own: readonly JsonObject[] = [
    { name: "GATE_PRESET", value: preset },
    ...(preset === "seldon" ? [{ name: "GATE_DRAIN", value: SELDON_DRAIN }] : []),
    { name: "GATE_JOURNAL", value: `${FOLDER}/journal.ndjson` },
    { name: "GATE_POD_IPS", valueFrom: { fieldRef: { fieldPath: "status.podIPs" } } },
  ];
  const isGiven = ({ name }: JsonObject) => variables.some((variable) => variable.name === name);
  return [...own.filter((variable) => !isGiven(variable)), ...variables.map(({ name, value }) => ({ name, value }))];
}
