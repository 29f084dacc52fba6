import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { chartWithLibrary, LIBRARY, type Manifest, render, renderError, renderText, skipWithoutHelm } from "./helm.ts";
import { gateOf, MODES, named, namesOf, variableOf } from "./seldon.ts";
import { expectStrict } from "./strict-decode.ts";

skipWithoutHelm();

/** The templates that the README shows, by the name that stands in their first line. */
const SHOWN = Object.fromEntries(
  [...readFileSync(join(LIBRARY, "README.md"), "utf8").matchAll(/```yaml\n# templates\/(.+)\n([\s\S]*?)```/g)].map(
    ([, name = "", text = ""]) => [name, text],
  ),
);

const POD = `apiVersion: v1
kind: Pod
metadata:
  name: own
spec:
  containers:
    - name: server
      image: server:1
    - {{- include "readiness-gate-lib.container" .Values.gate | nindent 6 }}
  volumes: [{{ include "readiness-gate-lib.volumes" .Values.gate | fromYamlArray | toJson | trimAll "[]" }}]
`;

async function podOf(gate?: Manifest): Promise<Manifest> {
  const chart = await chartWithLibrary({ "pod.yaml": POD }, gate === undefined ? {} : { gate });
  const [pod] = await render({ chart });
  return pod?.["spec"];
}

async function errorOf(gate: Manifest): Promise<string> {
  return renderError({ chart: await chartWithLibrary({ "pod.yaml": POD }, { gate }) });
}

describe("the templates that the README shows", () => {
  it("are there", () => {
    expect(Object.keys(SHOWN)).toEqual(["deployment.yaml", "job.yaml"]);
  });

  it.each(MODES)("render in mode %s to objects whose fields are all known", async (mode) => {
    const chart = await chartWithLibrary(SHOWN, { readinessGate: { mode, settings: { preset: "mlserver" } } });
    await expectStrict(await renderText({ chart }), ["apps/v1/Deployment", "batch/v1/Job"]);
  });

  it("put the gate between the server and what needs it", async () => {
    const chart = await chartWithLibrary(SHOWN, { readinessGate: { mode: "hold" } });
    const documents = await render({ chart });
    const podSpec = (kind: string) => documents.find((document) => document["kind"] === kind)?.["spec"].template.spec;
    expect(namesOf(podSpec("Deployment").initContainers)).toEqual(["readiness-gate-preflight"]);
    expect(namesOf(podSpec("Deployment").containers)).toEqual(["mlserver", "readiness-gate", "client"]);
    expect(namesOf(podSpec("Job").initContainers)).toEqual(["mlserver", "readiness-gate"]);
  });
});

describe("the container", () => {
  it("needs no value at all", async () => {
    const gate = gateOf(await podOf());
    expect(gate["image"]).toBe("readiness-gate:0.1.0");
    expect(namesOf(gate["env"])).toEqual(["GATE_DRAIN", "GATE_PRESET", "GATE_JOURNAL", "GATE_POD_IPS"]);
  });

  it("is itself alive without regard to the server, and has no startup probe in any mode", async () => {
    for (const mode of MODES) {
      const gate = gateOf(await podOf({ mode }));
      expect(gate["livenessProbe"].httpGet).toEqual({ path: "/livez", port: "gate" });
      expect(gate).not.toHaveProperty("startupProbe");
    }
  });

  it("is a readiness probe unless it only observes, and holds back only in mode hold", async () => {
    const [observe, ready, hold] = await Promise.all(MODES.map(async (mode) => gateOf(await podOf({ mode }))));
    expect(observe).not.toHaveProperty("readinessProbe");
    expect(ready?.["readinessProbe"].httpGet).toEqual({ path: "/readyz?code=class", port: "gate" });
    expect(ready).not.toHaveProperty("lifecycle");
    const command = ["/usr/local/bin/readiness-gate", "wait", "--timeout", "30s", "--on-timeout", "continue"];
    expect(hold?.["lifecycle"]).toEqual({ postStart: { exec: { command } } });
  });

  it("takes an image by registry, tag or digest", async () => {
    const imageOf = async (image: Manifest) => gateOf(await podOf({ image }))["image"];
    expect(await imageOf({ registry: "r.example", tag: "2" })).toBe("r.example/readiness-gate:2");
    const digest = `sha256:${"0".repeat(64)}`;
    expect(await imageOf({ repository: "own/gate", tag: "2", digest })).toBe(`own/gate@${digest}`);
  });

  it("carries settings as variables, lists and numbers too", async () => {
    const settings = { preset: "none", targets: ["a=tcp://h:1", "b=tcp://h:2"], failureThreshold: 5, adminListen: "" };
    const gate = gateOf(await podOf({ settings, grpc: { enabled: true } }));
    expect(variableOf(gate, "GATE_TARGETS")).toBe("a=tcp://h:1 b=tcp://h:2");
    expect(variableOf(gate, "GATE_FAILURE_THRESHOLD")).toBe("5");
    expect(variableOf(gate, "GATE_ADMIN_LISTEN")).toBe("");
    expect(variableOf(gate, "GATE_GRPC_LISTEN")).toBe(":9021");
    expect(gate["ports"]).toEqual([
      { name: "gate", containerPort: 9020 },
      { name: "gate-grpc", containerPort: 9021 },
    ]);
    expect(namesOf(gate["env"])).not.toContain("GATE_DRAIN");
  });

  it("keeps its journal on a volume, or keeps none", async () => {
    const kept = await podOf({});
    expect(namesOf(kept["volumes"])).toEqual(["readiness-gate"]);
    expect(variableOf(gateOf(kept), "GATE_JOURNAL")).toMatch(gateOf(kept)["volumeMounts"][0].mountPath);
    const none = await podOf({ journal: { enabled: false } });
    expect(none["volumes"]).toEqual([]);
    expect(gateOf(none)).not.toHaveProperty("volumeMounts");
    expect(namesOf(gateOf(none)["env"])).not.toContain("GATE_JOURNAL");
  });

  it("takes a part of a group of values, extra variables, and large numbers as they are", async () => {
    const extraEnv = [{ name: "TZ", value: "UTC" }];
    const gate = gateOf(
      await podOf({
        resources: { limits: { memory: "1Gi" } },
        securityContext: { runAsUser: 1_000_660_000 },
        extraEnv,
      }),
    );
    expect(gate["resources"]).toEqual({ requests: { cpu: "10m", memory: "96Mi" }, limits: { memory: "1Gi" } });
    expect(gate["securityContext"]).toMatchObject({ runAsUser: 1_000_660_000, runAsNonRoot: true });
    expect(named(gate["env"], "TZ")).toEqual(extraEnv[0]);
  });

  it("brackets an IPv6 host for the scheduler's list of targets", async () => {
    const gate = gateOf(await podOf({ settings: { host: "::1" }, scheduler: { enabled: true } }));
    expect(variableOf(gate, "GATE_TARGETS")).toContain("grpc=grpc://[::1]:9500 ");
  });
});

describe("what does not render", () => {
  it.each([
    [{ modus: "hold" }, "unknown value modus"],
    [{ image: { name: "x" } }, "unknown value image.name"],
    [{ mode: "strict" }, 'mode is "strict"'],
    [{ settings: { listen: ":1" } }, "unknown setting listen"],
    [
      { scheduler: { enabled: true }, settings: { preset: "triton" } },
      "scheduler.enabled needs settings.preset seldon",
    ],
  ])("%j: %s", async (gate, message) => {
    expect(await errorOf(gate)).toContain(message);
  });

  const native = (initContainers: string, server = '"server" "mlserver"') =>
    chartWithLibrary({
      "pod.yaml": `{{ include "readiness-gate-lib.native-sidecar" (dict "gate" .Values.gate ${server} "initContainers" ${initContainers}) }}`,
    });

  it.each([
    ["(list)", "no container before it"],
    ['(list (dict "name" "mlserver"))', "an ordinary init container of the server's name"],
    ['(list (dict "name" "other" "restartPolicy" "Always"))', "another native sidecar"],
  ])("a native sidecar after %s: %s", async (initContainers) => {
    expect(await renderError({ chart: await native(initContainers) })).toContain("must be an earlier native sidecar");
  });

  it("a native sidecar that is not told which container is the server", async () => {
    expect(await renderError({ chart: await native("(list)", "") })).toContain('needs "server"');
  });

  it("a startup probe that the kubelet would give up before it lets go", async () => {
    const list = '(list (dict "name" "mlserver" "restartPolicy" "Always"))';
    const chart = await native(list);
    const values = { gate: { hold: { release: "10m" } } };
    expect(await renderError({ chart, values })).toContain("hold.release");
    const [gate] = await render({ chart, values: { gate: { hold: { release: "300s" } } } });
    expect(gate?.["startupProbe"]).toMatchObject({ periodSeconds: 1, failureThreshold: 360 });
  });
});
