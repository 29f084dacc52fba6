import { describe, expect, it } from "vitest";
import { type Manifest, skipWithoutHelm } from "./helm.ts";
import { gateOf, MODES, named, namesOf, serverOf } from "./seldon.ts";
import { SERVER_CONFIG } from "./server-config.ts";
import { expectStrict, mergePodSpecs } from "./strict-decode.ts";

skipWithoutHelm();

const BASE: Manifest = SERVER_CONFIG["spec"].podSpec;

describe("merged by Seldon's operator over a ServerConfig like its own", () => {
  it("starts from a ServerConfig whose fields are all known", async () => {
    await expectStrict(JSON.stringify(SERVER_CONFIG), ["mlops.seldon.io/v1alpha1/ServerConfig"]);
  });

  describe.each(MODES)("in mode %s", (mode) => {
    const merged = async () => {
      const { spec } = await serverOf({ mode, preflight: { enabled: true }, imagePullSecrets: [{ name: "pull" }] });
      return { override: spec.podSpec as Manifest, ...(await mergePodSpecs(BASE, spec.podSpec)) };
    };

    it("the pod starts MLServer, then the gate, then the rest", async () => {
      const { imdario, dario } = await merged();
      const order = ["mlserver", "readiness-gate", "rclone", "agent"];
      expect(namesOf(imdario["containers"])).toEqual(order);
      expect(namesOf(dario["containers"])).toEqual(order);
    });

    it("nothing of the ServerConfig or of the gate is lost or changed", async () => {
      const { override, imdario, dario } = await merged();
      for (const spec of [imdario, dario]) {
        for (const container of BASE["containers"])
          expect(named(spec["containers"], container.name)).toMatchObject(container);
        expect(gateOf(spec)).toMatchObject(gateOf(override));
        expect(spec["initContainers"]).toMatchObject(override["initContainers"]);
        expect(namesOf(spec["volumes"])).toEqual(["config-volume", "readiness-gate"]);
        expect(spec["imagePullSecrets"]).toEqual([{ name: "pull" }]);
        const { containers, volumes, ...rest } = BASE;
        expect([containers.length, volumes.length]).toEqual([3, 1]);
        expect(spec).toMatchObject(rest);
      }
      expect(dario).toEqual(imdario);
    });

    it("the ports that Seldon's Services look up by name stay the agent's, and no number stands twice", async () => {
      const { dario } = await merged();
      const ports = dario["containers"].flatMap(({ name, ports = [] }: Manifest) =>
        ports.map((port: Manifest) => ({ container: name, ...port })),
      );
      const firstNamed = (name: string) => ports.find((port: Manifest) => port["name"] === name).container;
      expect(["http", "grpc", "metrics"].map(firstNamed)).toEqual(["agent", "agent", "agent"]);
      const numbers = ports.map(({ containerPort }: Manifest) => containerPort);
      expect(new Set(numbers).size).toBe(numbers.length);
      expect(numbers).toContain(9020);
    });
  });

  it("would notice what these libraries do to fields that are no lists of containers", async () => {
    const merged = await mergePodSpecs(BASE, {
      containers: [{ name: "mlserver", livenessProbe: { exec: { command: ["x"] } } }],
    });
    const { livenessProbe } = named(merged.dario["containers"], "mlserver");
    expect(Object.keys(livenessProbe)).toEqual(expect.arrayContaining(["exec", "httpGet"]));
  });
});
