import { describe, expect, it } from "vitest";
import { BUNDLE } from "../support/gate-process.ts";
import { chartWithLibrary, documentsOf, type Manifest, render, runWithInput, skipWithoutHelm } from "./helm.ts";
import { gateOf, MODES, named, namesOf, serverOf } from "./seldon.ts";

skipWithoutHelm();

/** `inject` leaves the pull policy to Kubernetes. */
const IMAGE = { pullPolicy: "" };

async function injected(manifest: Manifest, flags: readonly string[]): Promise<Manifest> {
  const args = [BUNDLE, "inject", "--all", ...flags];
  const { code, stdout, stderr } = await runWithInput(process.execPath, args, JSON.stringify(manifest));
  if (code !== 0) throw new Error(stderr);
  return documentsOf(stdout)[0] ?? {};
}

/** A pod spec in which the order of variables says nothing. */
function comparable(podSpec: Manifest): Manifest {
  const sorted = (container: Manifest) =>
    container["env"] === undefined
      ? container
      : {
          ...container,
          env: container["env"].toSorted((a: Manifest, b: Manifest) => (a["name"] < b["name"] ? -1 : 1)),
        };
  const lists = ["containers", "initContainers"].flatMap((list) =>
    podSpec[list] === undefined ? [] : [[list, podSpec[list].map(sorted)]],
  );
  return { ...podSpec, ...Object.fromEntries(lists) };
}

describe.each(MODES)("in mode %s the charts and `inject` make the same", (mode) => {
  const podSpec = {
    containers: [
      { name: "mlserver", image: "mlserver:1" },
      { name: "client", image: "client:1" },
    ],
  };

  it("of a Server", async () => {
    const bare = {
      apiVersion: "mlops.seldon.io/v1alpha1",
      kind: "Server",
      metadata: { name: "mlserver" },
      spec: { serverConfig: "mlserver" },
    };
    const theirs = await injected(bare, ["--mode", mode]);
    const ours = await serverOf({ mode, image: IMAGE });
    expect(gateOf(ours["spec"].podSpec)["image"]).toMatch(/^readiness-gate:/);
    expect(comparable(theirs["spec"].podSpec)).toEqual(comparable(ours["spec"].podSpec));
  });

  it.each(["seldon", "mlserver", "triton"])("of a pod's regular container, preset %s", async (preset) => {
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec: podSpec };
    const theirs = (await injected(pod, ["--mode", mode, "--preset", preset]))["spec"];
    const chart = await chartWithLibrary({
      "pod.yaml": `containers:
  - {{- include "readiness-gate-lib.container" .Values.gate | nindent 4 }}
volumes:
  {{- include "readiness-gate-lib.volumes" .Values.gate | nindent 2 }}
`,
    });
    const [ours = {}] = await render({ chart, values: { gate: { mode, image: IMAGE, settings: { preset } } } });
    expect(comparable({ containers: [gateOf(theirs)] })).toEqual(comparable({ containers: [gateOf(ours)] }));
    expect(named(theirs["volumes"], "readiness-gate")).toEqual(named(ours["volumes"], "readiness-gate"));
  });

  it("of a native sidecar after a native server", async () => {
    const server = { name: "mlserver", image: "mlserver:1", restartPolicy: "Always" };
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p" },
      spec: { ...podSpec, initContainers: [server] },
    };
    const theirs = (await injected(pod, ["--mode", mode, "--native"]))["spec"];
    expect(namesOf(theirs["initContainers"])).toEqual(["mlserver", "readiness-gate"]);
    const native = { enabled: true, serverIsNative: true };
    const ours = (await serverOf({ mode, image: IMAGE, nativeSidecar: native }))["spec"].podSpec;
    expect(comparable({ initContainers: [gateOf(theirs)] })).toEqual(comparable({ initContainers: [gateOf(ours)] }));
  });
});
