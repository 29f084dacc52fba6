import { describe, expect, it } from "vitest";
import { type Manifest, renderError, skipWithoutHelm } from "./helm.ts";
import { gateOf, namesOf, serverOf } from "./seldon.ts";
import { SERVER_CONFIG } from "./server-config.ts";
import { mergePodSpecs } from "./strict-decode.ts";

skipWithoutHelm();

const BASE: Manifest = SERVER_CONFIG["spec"].podSpec;

describe("the gate as a native sidecar in a Seldon pod", () => {
  const native = (serverIsNative: boolean) => ({ enabled: true, serverIsNative });

  it.each(["ready", "hold"])("does not render in mode %s while the server is a regular container", async (mode) => {
    const values = { mode, server: { create: true }, nativeSidecar: native(false) };
    const error = await renderError({ values });
    expect(error).toContain('"mlserver" must be an earlier native sidecar');
    expect(error).toContain("only after the wait");
  });

  it("renders beside a server that is one, without a regular container and without a hook", async () => {
    const { spec } = await serverOf({ mode: "hold", nativeSidecar: native(true) });
    expect(spec.podSpec).not.toHaveProperty("containers");
    const [gate, ...others] = spec.podSpec.initContainers;
    expect(others).toEqual([]);
    expect(gate).toMatchObject({ name: "readiness-gate", restartPolicy: "Always" });
    expect(gate.startupProbe.httpGet).toEqual({ path: "/startupz?release=120s", port: "gate" });
    expect(gate).not.toHaveProperty("lifecycle");
  });

  it("comes after the server that the ServerConfig has among its init containers", async () => {
    const [rclone, agent, mlserver] = BASE["containers"];
    const base = { ...BASE, initContainers: [{ ...mlserver, restartPolicy: "Always" }], containers: [rclone, agent] };
    const { spec } = await serverOf({ nativeSidecar: native(true) });
    const { imdario, dario } = await mergePodSpecs(base, spec.podSpec);
    for (const { initContainers, containers } of [imdario, dario]) {
      expect(namesOf(initContainers)).toEqual(["mlserver", "readiness-gate"]);
      expect(namesOf(containers)).toEqual(["rclone", "agent"]);
    }
  });

  it("in mode observe waits for nothing, and so renders beside any server", async () => {
    const { spec } = await serverOf({ mode: "observe", nativeSidecar: native(false) });
    expect(gateOf(spec.podSpec)).not.toHaveProperty("startupProbe");
  });

  it("excludes preflight, which would come after the server", async () => {
    const values = { nativeSidecar: native(true), preflight: { enabled: true }, server: { create: true } };
    expect(await renderError({ values })).toContain("preflight.enabled and nativeSidecar.enabled exclude each other");
  });
});
