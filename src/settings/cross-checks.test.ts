import { describe, expect, it } from "vitest";
import { complaints, type Given } from "./load-for-tests.ts";

describe("settings that do not go together", () => {
  const own = (port: number, by: string) =>
    `expected another port than ${port}, on which the gate itself listens (${by})`;
  it.each<[string, Given, readonly string[]]>([
    [
      "backoff bounds in the wrong order",
      { flags: { backoffMin: "200ms" } },
      ['backoffMin (flag --backoff-min): got "200ms", expected at most backoffMax, which is 100ms (default)'],
    ],
    [
      "models beside Seldon's agent",
      { environment: { GATE_MODELS: "a b" } },
      [
        'models (environment GATE_MODELS): got "a b", expected no models with preset seldon: Seldon\'s agent loads models only once the whole pod is ready, so the gate and the agent would wait for each other',
      ],
    ],
    [
      "preset none without targets",
      { flags: { preset: "none" } },
      ["targets (default): got nothing, expected at least one target, since preset none brings none"],
    ],
    [
      "an empty list of targets",
      { file: "targets: []" },
      ["targets (gate.yaml:1:10 targets): got nothing, expected at least one target"],
    ],
    [
      "two targets of one name",
      { environment: { GATE_TARGETS: "a=tcp://h:1 b=tcp://h:2 a=tcp://h:3 a=tcp://h:4" } },
      ['targets (environment GATE_TARGETS): got "a", expected a name that no other target has'],
    ],
    [
      "no required target",
      { flags: { targets: ["a=tcp://h:1?required=false", "b=tcp://h:2?required=false"] } },
      ['targets (flag --target): got "a b", expected at least one target that is required'],
    ],
    [
      "a preset's target on the gate's own port",
      { environment: { GATE_LISTEN: ":9000" } },
      [
        `targets (preset seldon): got "http=http://127.0.0.1:9000/v2/health/ready", ${own(9000, "listen: environment GATE_LISTEN")}`,
      ],
    ],
    [
      "a target on the pod's own address and the gate's port",
      { flags: { targets: ["a=tcp://10.0.0.7:9022"], podIps: "10.0.0.7" } },
      [`targets (flag --target): got "a=tcp://10.0.0.7:9022", ${own(9022, "adminListen: default")}`],
    ],
    [
      "a good target on the gate's port beside a bad one",
      { flags: { targets: ["a=tcp://[::1]:9020", "b"] } },
      [
        'targets (flag --target): got "b", expected name=url, such as http=http://127.0.0.1:9000/v2/health/ready',
        `targets (flag --target): got "a=tcp://[::1]:9020", ${own(9020, "listen: default")}`,
      ],
    ],
    [
      "two listeners on one port",
      { flags: { grpcListen: "127.0.0.1:9020" } },
      ['grpcListen (flag --grpc-listen): got "127.0.0.1:9020", expected another port than that of listen (default)'],
    ],
  ])("%s", async (_, given, expected) => {
    expect(await complaints(given)).toEqual(expected);
  });

  it.each(["127.0.0.1", "127.9.9.9", "localhost", "0.0.0.0", "[::]", "[::1]", "[::ffff:127.0.0.1]"])(
    "a target at %s with the gate's own port",
    async (host) => {
      expect(await complaints({ flags: { targets: [`a=tcp://${host}:9020`] } })).toHaveLength(1);
    },
  );

  it("a target at an address of an interface here with the gate's own port", async () => {
    const given = {
      flags: {
        targets: ["a=http://10.42.0.7:9020/readyz", "b=tcp://[fd00::7]:9022", "c=tcp://[::ffff:10.42.0.7]:9020"],
      },
    };
    expect(await complaints({ ...given, ownAddresses: ["127.0.0.1", "10.42.0.7", "fd00::7"] })).toHaveLength(3);
    expect(await complaints(given)).toEqual([]);
  });

  it("are taken up to the limit: equal bounds, the same port on another machine, ports that the kernel chooses, listeners that are off", async () => {
    expect(await complaints({ flags: { targets: ["a=tcp://10.0.0.1:9020"] } })).toEqual([]);
    expect(await complaints({ flags: { backoffMin: "100ms" } })).toEqual([]);
    expect(await complaints({ flags: { listen: ":0", grpcListen: ":0", adminListen: ":0" } })).toEqual([]);
    expect(
      await complaints({ flags: { targets: ["a=tcp://h:9021", "b=tcp://localhost:9022"], adminListen: "" } }),
    ).toEqual([]);
  });

  it("are not judged while the file, which might set more, cannot be read", async () => {
    expect(await complaints({ flags: { preset: "none" }, file: '"' })).toHaveLength(1);
  });
});
