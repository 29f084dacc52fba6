import { describe, expect, it } from "vitest";
import { readEnvironment, unknownVariables } from "./environment.ts";

describe("unknownVariables", () => {
  it("says nothing about the gate's own variables, and others' ones", () => {
    expect(unknownVariables({ GATE_LISTEN: ":1", GATEWAY: "x", PATH: "/bin", GATE_X: undefined })).toEqual([]);
  });

  it("suggests the variable that was meant, where one is near", () => {
    expect(unknownVariables({ GATE_TARGET: "", GATE_LOGLEVEL: "debug", GATE_ZZZ: "1" })).toEqual([
      "GATE_LOGLEVEL is no setting of the gate and is ignored; did you mean GATE_LOG_LEVEL?",
      "GATE_TARGET is no setting of the gate and is ignored; did you mean GATE_TARGETS?",
      "GATE_ZZZ is no setting of the gate and is ignored",
    ]);
  });

  it("tells the variables of a Service, all in one warning", () => {
    const names = [
      "GATE_PORT",
      "GATE_SERVICE_HOST",
      "GATE_SERVICE_PORT",
      "GATE_SERVICE_PORT_HTTP_2",
      "GATE_PORT_9020_TCP",
    ];
    const more = [
      "GATE_PORT_9020_TCP_ADDR",
      "GATE_PORT_9020_TCP_PORT",
      "GATE_PORT_9020_UDP_PROTO",
      "GATE_ADMIN_SERVICE_HOST",
    ];
    const environment = Object.fromEntries([...names, ...more].map((name) => [name, "x"]));
    expect(unknownVariables(environment)).toEqual([
      "GATE_ADMIN_SERVICE_HOST, GATE_PORT, GATE_PORT_9020_TCP, GATE_PORT_9020_TCP_ADDR, GATE_PORT_9020_TCP_PORT, GATE_PORT_9020_UDP_PROTO, GATE_SERVICE_HOST, GATE_SERVICE_PORT and 1 more: ignored, these look like the variables that Kubernetes makes for a Service whose name begins with gate (enableServiceLinks: false keeps them out)",
    ]);
  });
});

describe("readEnvironment", () => {
  it("counts an empty variable as unset, except for listeners", () => {
    const all = {
      GATE_PRESET: "",
      GATE_TARGETS: " \n ",
      GATE_JOURNAL: "",
      GATE_LISTEN: "",
      GATE_GRPC_LISTEN: "",
      GATE_ADMIN_LISTEN: " ",
    };
    const settings = readEnvironment(all);
    expect([...settings.keys()]).toEqual(["listen", "grpcListen", "adminListen"]);
    expect(settings.get("adminListen")?.texts).toEqual([{ text: "", where: "environment GATE_ADMIN_LISTEN" }]);
  });

  it("separates lists: targets at white space, models and addresses at commas too", () => {
    const settings = readEnvironment({
      GATE_TARGETS: " a=x?b,c\n\tb=y ",
      GATE_MODELS: "m1, m2 m3",
      GATE_POD_IPS: "10.0.0.1,fd00::1",
    });
    const texts = ["targets", "models", "podIps"].map((key) =>
      [...settings].find(([own]) => own === key)?.[1].texts.map(({ text }) => text),
    );
    expect(texts).toEqual([
      ["a=x?b,c", "b=y"],
      ["m1", "m2", "m3"],
      ["10.0.0.1", "fd00::1"],
    ]);
  });
});
