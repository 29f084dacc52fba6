import type { Manifest } from "./helm.ts";

/** Each of the three containers calls the agent's drainer, which acts on three calls. */
const DRAIN = { preStop: { httpGet: { path: "terminate", port: 9007 } } };

const RCLONE: Manifest = {
  name: "rclone",
  image: "docker.io/seldonio/seldon-rclone:2.10.2",
  command: ["rclone"],
  args: ["rcd", "--rc-no-auth", "--rc-addr=0.0.0.0:5572"],
  ports: [{ name: "rclone", containerPort: 5572, protocol: "TCP" }],
  lifecycle: DRAIN,
  readinessProbe: { tcpSocket: { port: 5572 }, initialDelaySeconds: 5, periodSeconds: 5 },
  livenessProbe: { exec: { command: ["rclone", "rc", "rc/noop"] }, periodSeconds: 5, failureThreshold: 1 },
  volumeMounts: [{ name: "mlserver-models", mountPath: "/mnt/agent" }],
};

const AGENT: Manifest = {
  name: "agent",
  image: "docker.io/seldonio/seldon-agent:2.10.2",
  command: ["/bin/agent"],
  args: ["--tracing-config-path=/mnt/tracing/tracing.json"],
  env: [
    { name: "SELDON_SERVER_HTTP_PORT", value: "9000" },
    { name: "SELDON_SERVER_GRPC_PORT", value: "9500" },
    { name: "SELDON_DRAINER_PORT", value: "9007" },
    { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    {
      name: "MEMORY_REQUEST",
      valueFrom: { resourceFieldRef: { containerName: "mlserver", resource: "requests.memory" } },
    },
  ],
  ports: [
    { name: "grpc", containerPort: 9501, protocol: "TCP" },
    { name: "http", containerPort: 9001, protocol: "TCP" },
    { name: "metrics", containerPort: 9006, protocol: "TCP" },
    { name: "readiness-port", containerPort: 9008 },
  ],
  lifecycle: DRAIN,
  startupProbe: { httpGet: { path: "/ready", port: 9008 }, periodSeconds: 15, failureThreshold: 60 },
  readinessProbe: { httpGet: { path: "/ready", port: 9008 }, periodSeconds: 5, failureThreshold: 1 },
  volumeMounts: [
    { name: "mlserver-models", mountPath: "/mnt/agent" },
    { name: "config-volume", mountPath: "/mnt/config" },
  ],
};

const LIVE = { path: "/v2/health/live", port: "server-http" };

const MLSERVER: Manifest = {
  name: "mlserver",
  image: "docker.io/seldonio/mlserver:1.7.1",
  env: [
    { name: "MLSERVER_HTTP_PORT", value: "9000" },
    { name: "MLSERVER_GRPC_PORT", value: "9500" },
    { name: "MLSERVER_LOAD_MODELS_AT_STARTUP", value: "false" },
  ],
  ports: [
    { name: "server-grpc", containerPort: 9500, protocol: "TCP" },
    { name: "server-http", containerPort: 9000, protocol: "TCP" },
    { name: "server-metrics", containerPort: 8082 },
  ],
  lifecycle: DRAIN,
  startupProbe: { httpGet: LIVE, periodSeconds: 10, failureThreshold: 10 },
  readinessProbe: { httpGet: LIVE, initialDelaySeconds: 5, periodSeconds: 5 },
  livenessProbe: { httpGet: LIVE },
  resources: { requests: { cpu: "100m", memory: "1Gi" }, limits: { memory: "1Gi" } },
  volumeMounts: [{ name: "mlserver-models", mountPath: "/mnt/agent", readOnly: true }],
};

/**
 * A ServerConfig in the shape of Seldon Core 2.10's `mlserver`. Names, ports, probes and the order of the containers are
 * facts from k8s/helm-charts/seldon-core-v2-setup (templates/_components-statefulsets.tpl).
 */
export const SERVER_CONFIG: Manifest = {
  apiVersion: "mlops.seldon.io/v1alpha1",
  kind: "ServerConfig",
  metadata: { name: "mlserver", namespace: "seldon-mesh" },
  spec: {
    podSpec: {
      serviceAccountName: "seldon-server",
      terminationGracePeriodSeconds: 120,
      securityContext: { fsGroup: 1000, runAsUser: 1000, runAsGroup: 1000, runAsNonRoot: true },
      containers: [RCLONE, AGENT, MLSERVER],
      volumes: [{ name: "config-volume", configMap: { name: "seldon-agent" } }],
    },
    volumeClaimTemplates: [
      {
        name: "mlserver-models",
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      },
    ],
  },
};
