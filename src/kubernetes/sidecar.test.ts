import { describe, expect, it } from "vitest";
import { type JsonObject, partAt } from "./json.ts";
import { MODES, type SidecarOptions, sidecarContainer, sidecarVolume } from "./sidecar.ts";

const made = (options: Partial<SidecarOptions> = {}): JsonObject =>
  sidecarContainer({
    image: "i",
    mode: "ready",
    preset: "seldon",
    isNative: false,
    isAfterServer: true,
    variables: [],
    ...options,
  });

const probes = (container: JsonObject) =>
  Object.fromEntries(
    ["startupProbe", "readinessProbe", "livenessProbe"].map((key) => [
      key,
      partAt(container, [key, "httpGet", "path"]),
    ]),
  );

describe("the container of the gate", () => {
  it("has the probes of its mode", () => {
    const livenessProbe = "/livez";
    const readinessProbe = "/readyz?code=class";
    expect(probes(made({ mode: "observe" }))).toEqual({ livenessProbe });
    expect(probes(made({ mode: "ready" }))).toEqual({ readinessProbe, livenessProbe });
    expect(probes(made({ mode: "hold" }))).toEqual({ readinessProbe, livenessProbe });
  });

  it("holds by a hook as a regular sidecar and by its startup probe as a native one", () => {
    const command = ["/usr/local/bin/readiness-gate", "wait", "--timeout", "30s", "--on-timeout", "continue"];
    expect(partAt(made({ mode: "hold" }), ["lifecycle", "postStart", "exec", "command"])).toEqual(command);
    const native = made({ mode: "hold", isNative: true });
    expect(native).toMatchObject({ restartPolicy: "Always" });
    expect(native).not.toHaveProperty("lifecycle");
    expect(probes(native)).toMatchObject({ startupProbe: "/startupz?release=120s" });
  });

  it("has no startup probe that waits for a server which comes later, and none that is in the way of observing", () => {
    expect(probes(made({ mode: "hold", isNative: true, isAfterServer: false }))["startupProbe"]).toBeUndefined();
    expect(probes(made({ mode: "observe", isNative: true }))["startupProbe"]).toBeUndefined();
  });

  it("lets the kubelet wait for longer than its startup probe takes to let go", () => {
    const probe = made({ isNative: true })["startupProbe"];
    const patience = Number(partAt(probe, ["periodSeconds"])) * Number(partAt(probe, ["failureThreshold"]));
    expect(patience).toBeGreaterThan(120 + 30);
  });

  it("never calls a port http, grpc or metrics, and probes the one that it has", () => {
    for (const mode of MODES) {
      const container = made({ mode });
      expect(container["ports"]).toEqual([{ name: "gate", containerPort: 9020 }]);
      expect(partAt(container, ["livenessProbe", "httpGet", "port"])).toBe("gate");
    }
  });

  it("has the ports that its variables ask for", () => {
    const portsWith = (...variables: readonly { name: string; value: string }[]) => made({ variables })["ports"];
    expect(portsWith({ name: "GATE_GRPC_LISTEN", value: ":9021" })).toEqual([
      { name: "gate", containerPort: 9020 },
      { name: "gate-grpc", containerPort: 9021 },
    ]);
    expect(portsWith({ name: "GATE_LISTEN", value: "0.0.0.0:8020" }, { name: "GATE_GRPC_LISTEN", value: "" })).toEqual([
      { name: "gate", containerPort: 8020 },
    ]);
    expect(portsWith({ name: "GATE_LISTEN", value: "nonsense" })).toEqual([{ name: "gate", containerPort: 9020 }]);
  });

  it("meets the restricted Pod Security Standard and leaves the user to the image or the pod", () => {
    expect(made()["securityContext"]).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
  });

  it("drains in Seldon's pods alone", () => {
    const variable = (container: JsonObject, name: string) =>
      (container["env"] as readonly JsonObject[]).find((entry) => entry["name"] === name)?.["value"];
    expect(variable(made(), "GATE_DRAIN")).toBe("100s");
    expect(variable(made({ preset: "triton" }), "GATE_DRAIN")).toBeUndefined();
    expect(variable(made({ preset: "triton" }), "GATE_PRESET")).toBe("triton");
  });

  it("writes its journal where its volume is", () => {
    const mount = partAt(made(), ["volumeMounts", 0]) as JsonObject;
    expect(mount["name"]).toBe(sidecarVolume()["name"]);
    expect(JSON.stringify(made()["env"])).toContain(`"${String(mount["mountPath"])}/journal.ndjson"`);
  });
});
