import { describe, expect, it } from "vitest";
import { render, renderText, skipWithoutHelm } from "./helm.ts";
import { gateOf, MODES, namesOf, serverOf, variableOf } from "./seldon.ts";
import { expectStrict } from "./strict-decode.ts";

skipWithoutHelm();

describe("the Server", () => {
  it.each(MODES)("in mode %s has only fields that Seldon and Kubernetes know", async (mode) => {
    const text = await renderText({ values: { mode, server: { create: true }, test: { enabled: false } } });
    await expectStrict(text, ["mlops.seldon.io/v1alpha1/Server"]);
  });

  it("names the server's container before the gate, so that the pod starts them in this order", async () => {
    const { spec } = await serverOf({ mode: "hold" });
    expect(spec.serverConfig).toBe("mlserver");
    expect(namesOf(spec.podSpec.containers)).toEqual(["mlserver", "readiness-gate"]);
    expect(spec.podSpec.containers[0]).toEqual({ name: "mlserver" });
  });

  it("makes kubectl take MLServer's container where none is named", async () => {
    const { metadata } = await serverOf({});
    expect(metadata.annotations).toEqual({ "kubectl.kubernetes.io/default-container": "mlserver" });
  });

  it("carries replicas, their bounds, capabilities and what else is said of its pods", async () => {
    const server = {
      name: "mlserver-gated",
      replicas: 0,
      minReplicas: 0,
      maxReplicas: 4,
      extraCapabilities: ["iris"],
      annotations: { team: "ml" },
      podSpec: { nodeSelector: { gpu: "none" } },
    };
    const { metadata, spec } = await serverOf({ server, imagePullSecrets: [{ name: "pull" }] });
    expect(metadata).toMatchObject({ name: "mlserver-gated", namespace: "seldon-mesh", annotations: { team: "ml" } });
    expect(spec).toMatchObject({ replicas: 0, minReplicas: 0, maxReplicas: 4, extraCapabilities: ["iris"] });
    expect(spec).not.toHaveProperty("capabilities");
    expect(spec.podSpec).toMatchObject({ nodeSelector: { gpu: "none" }, imagePullSecrets: [{ name: "pull" }] });
  });

  it("is not made unless it is asked for, since one of its name usually exists", async () => {
    expect((await render()).map(({ kind }) => kind)).toEqual(["Pod"]);
  });

  it("watches for the end of the server, and calls no drainer: that one counts its callers", async () => {
    const text = JSON.stringify((await serverOf({ mode: "hold" }))["spec"].podSpec);
    expect(text).not.toMatch(/preStop|9007/);
    expect(variableOf(gateOf((await serverOf({}))["spec"].podSpec), "GATE_DRAIN")).toBe("100s");
  });

  it("may look at the scheduler too, without requiring it, beside the targets of the preset", async () => {
    const gate = gateOf((await serverOf({ scheduler: { enabled: true } }))["spec"].podSpec);
    expect(variableOf(gate, "GATE_TARGETS").split(" ")).toEqual([
      "http=http://127.0.0.1:9000/v2/health/ready",
      "grpc=grpc://127.0.0.1:9500",
      "rclone=tcp://127.0.0.1:5572?required=false",
      "scheduler=tcp://seldon-scheduler:9005?required=false",
    ]);
  });
});
