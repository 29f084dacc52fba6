import { describe, expect, it } from "vitest";
import { CHART, LIBRARY, type Manifest, render, renderText, runTool, skipWithoutHelm } from "./helm.ts";
import { MODES, named, serverOf } from "./seldon.ts";
import { expectStrict, strictDecode } from "./strict-decode.ts";

skipWithoutHelm();

const MONITORING = ["monitoring.coreos.com/v1/PodMonitor", "monitoring.coreos.com/v1/PrometheusRule"];
const EVERYTHING = {
  mode: "hold",
  server: { create: true },
  preflight: { enabled: true },
  grpc: { enabled: true },
  scheduler: { enabled: true },
  podMonitor: { enabled: true },
  prometheusRule: { enabled: true },
  dashboard: { enabled: true },
};
const ALL_KINDS = ["mlops.seldon.io/v1alpha1/Server", "v1/ConfigMap", "v1/Pod", ...MONITORING];

function containersOf({ kind, spec }: Manifest): readonly Manifest[] {
  const podSpec = kind === "Server" ? spec.podSpec : spec;
  return [...(podSpec.initContainers ?? []), ...(podSpec.containers ?? [])].filter(({ image }) => image !== undefined);
}

describe("helm", () => {
  it.each([CHART, LIBRARY])("lints %s strictly", async (chart) => {
    const { code, stdout, stderr } = await runTool("helm", ["lint", "--strict", chart]);
    expect(stdout + stderr).not.toMatch(/\[(?:WARNING|ERROR)\]/);
    expect(code).toBe(0);
  });
});

describe("what the chart renders", () => {
  it("has only fields that Kubernetes, Seldon and the Prometheus operator know", async () => {
    await expectStrict(await renderText({ values: EVERYTHING, apiVersions: MONITORING }), ALL_KINDS);
  });

  it("would not pass the decoder with a misspelt, a repeated or a wrongly typed field", async () => {
    const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n";
    const texts = ["spec: {container: []}", "spec: {nodeName: a, nodeName: b}", "spec: {containers: [{name: 1}]}"];
    const decoded = await strictDecode(texts.map((text) => pod + text).join("\n---\n"));
    expect(decoded.map(({ errors }) => errors.length > 0)).toEqual([true, true, true]);
    const server = "apiVersion: mlops.seldon.io/v1alpha1\nkind: Server\nmetadata: {name: s}\nspec: {podSpec: {os: {}}}";
    const [seldon] = await strictDecode(server);
    expect(seldon?.errors).toEqual(['unknown field "spec.podSpec.os"', 'required field "spec.serverConfig"']);
  });

  it("is what it is in each namespace and release, under names that fit", async () => {
    const release = "a".repeat(53);
    const documents = await render({ values: EVERYTHING, release, apiVersions: MONITORING });
    expect(documents.every(({ metadata }) => metadata.namespace === "seldon-mesh")).toBe(true);
    expect(documents.every(({ metadata }) => metadata.name.length <= 63)).toBe(true);
    const [own] = await render({ values: { fullnameOverride: "own" } });
    expect(own?.["metadata"].name).toBe("own-test");
    const [called] = await render({ values: { nameOverride: "called" } });
    expect(called?.["metadata"]).toMatchObject({
      name: "gate-called-test",
      labels: { "app.kubernetes.io/name": "called" },
    });
  });

  it("names objects of its own by the usual labels", async () => {
    const [pod] = await render();
    expect(pod?.["metadata"].labels).toEqual({
      "helm.sh/chart": "readiness-gate-0.1.0",
      "app.kubernetes.io/name": "readiness-gate",
      "app.kubernetes.io/instance": "gate",
      "app.kubernetes.io/managed-by": "Helm",
      "app.kubernetes.io/version": "0.1.0",
    });
  });

  it.each(MODES)(
    "in mode %s meets the restricted Pod Security Standard in each container that it makes",
    async (mode) => {
      const documents = await render({ values: { ...EVERYTHING, mode } });
      const containers = documents.flatMap((document) => (document["spec"] ? containersOf(document) : []));
      expect(containers.length).toBe(3);
      for (const { securityContext } of containers) {
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
          capabilities: { drop: ["ALL"] },
          seccompProfile: { type: "RuntimeDefault" },
        });
      }
      const { podSpec } = (await serverOf(EVERYTHING))["spec"];
      expect(podSpec.volumes.map((volume: Manifest) => Object.keys(volume))).toEqual([["name", "emptyDir"]]);
    },
  );

  it("never names a port http, grpc or metrics", async () => {
    const documents = await render({ values: EVERYTHING });
    const ports = documents
      .flatMap((document) => (document["spec"] ? containersOf(document) : []))
      .flatMap(({ ports }) => ports ?? []);
    expect(ports.map(({ name }) => name)).toEqual(["gate", "gate-grpc"]);
  });
});

describe("what comes only where the cluster knows it", () => {
  const kindsOf = async (apiVersions: readonly string[]) =>
    (await render({ values: EVERYTHING, apiVersions })).map(({ kind }) => kind);

  it("a PodMonitor and a PrometheusRule", async () => {
    expect(await kindsOf([])).not.toEqual(expect.arrayContaining([expect.stringMatching(/PodMonitor|PrometheusRule/)]));
    expect(await kindsOf(MONITORING)).toEqual(expect.arrayContaining(["PodMonitor", "PrometheusRule"]));
  });

  it("and nothing of it unless it is asked for", async () => {
    const documents = await render({ apiVersions: MONITORING });
    expect(documents.map(({ kind }) => kind)).toEqual(["Pod"]);
  });

  it("the PodMonitor finds gates by their port, however they came into a pod", async () => {
    const documents = await render({ values: { podMonitor: { enabled: true } }, apiVersions: MONITORING });
    const { spec } = documents.find(({ kind }) => kind === "PodMonitor") ?? {};
    expect(spec).toEqual({
      podMetricsEndpoints: [{ port: "gate", path: "/metrics", interval: "30s" }],
      selector: {},
      namespaceSelector: {},
    });
  });

  it("the dashboard is one that Grafana can read, found by the label of its sidecar", async () => {
    const documents = await render({ values: { dashboard: { enabled: true } } });
    const { metadata, data } = documents.find(({ kind }) => kind === "ConfigMap") ?? {};
    expect(metadata.labels).toMatchObject({ grafana_dashboard: "1" });
    expect(JSON.parse(data["readiness-gate.json"])).toMatchObject({ uid: "readiness-gate" });
  });
});

describe("preflight", () => {
  it("is an init container that knows the same targets, reports, and lets the pod go on", async () => {
    const { podSpec } = (await serverOf({ preflight: { enabled: true }, settings: { host: "127.0.0.2" } }))["spec"];
    const [preflight] = podSpec.initContainers;
    expect(preflight).toMatchObject({
      name: "readiness-gate-preflight",
      args: ["preflight", "--on-block", "continue"],
    });
    expect(named(preflight.env, "GATE_HOST")["value"]).toBe("127.0.0.2");
    expect(Object.keys(preflight)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/Probe|ports|lifecycle/)]),
    );
  });
});
