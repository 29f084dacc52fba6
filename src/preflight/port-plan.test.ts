import { describe, expect, it } from "vitest";
import type { Target } from "../core/target.ts";
import { type LocalTarget, planPorts } from "./port-plan.ts";

const POD = ["127.0.0.1", "::1", "10.42.0.7"];
const target = (
  scheme: "http" | "grpc" | "tcp",
  port: number,
  addresses: readonly string[] = ["127.0.0.1"],
): LocalTarget => {
  const base = { name: `${scheme}-${port}`, url: "", host: "127.0.0.1", port, required: true };
  const kinds: Readonly<Record<typeof scheme, Target>> = {
    http: { ...base, scheme: "http", path: "/", tls: null },
    grpc: { ...base, scheme: "grpc", question: { ask: "auto" }, tls: null },
    tcp: { ...base, scheme: "tcp" },
  };
  return { target: kinds[scheme], addresses };
};
const bindings = (preset: string, ...local: readonly LocalTarget[]) =>
  planPorts(local, { preset, podAddresses: POD }).map(({ port, bindTo }) => [port, bindTo]);

describe("a port is bound as the server will bind it", () => {
  it.each(["seldon", "mlserver"])("preset %s: gRPC for both families, all else for IPv4 alone", (preset) => {
    expect(bindings(preset, target("http", 1), target("grpc", 2), target("tcp", 3))).toEqual([
      [1, "0.0.0.0"],
      [2, "::"],
      [3, "0.0.0.0"],
    ]);
  });

  it.each(["triton", "none"])("preset %s: for both families", (preset) => {
    expect(bindings(preset, target("http", 1), target("grpc", 2))).toEqual([
      [1, "::"],
      [2, "::"],
    ]);
  });

  it.each(["http", "tcp"] as const)(
    "preset seldon: %s for both families where the target's own address is IPv6",
    (scheme) => {
      expect(bindings("seldon", target(scheme, 1, ["::1"]))).toEqual([[1, "::"]]);
      expect(bindings("seldon", target(scheme, 1, ["127.0.0.1", "fd00::7"]))).toEqual([[1, "::"]]);
      expect(bindings("seldon", target(scheme, 1), target("http", 1, ["fd00::7"]))).toEqual([[1, "::"]]);
    },
  );

  it("preset seldon: for IPv4 alone where the address is a v4-mapped one", () => {
    expect(bindings("seldon", target("http", 1, ["::ffff:127.0.0.1"]))).toEqual([[1, "0.0.0.0"]]);
  });

  it("once, for all of its targets", () => {
    const plans = planPorts([target("http", 1), target("grpc", 1, ["::1"])], { preset: "seldon", podAddresses: POD });
    expect(plans).toMatchObject([{ port: 1, bindTo: "::", own: ["127.0.0.1", "::1"], others: ["10.42.0.7"] }]);
  });
});

it("of a node's many addresses eight are tried beside the targets' own", () => {
  const podAddresses = Array.from({ length: 50 }, (_, index) => `10.0.0.${index}`);
  expect(planPorts([target("tcp", 1)], { preset: "none", podAddresses })[0]?.others).toHaveLength(8);
});

describe("where IPv6 is off", () => {
  const planned = (...addresses: readonly string[]) =>
    planPorts([target("http", 1, addresses)], { preset: "seldon", podAddresses: ["127.0.0.1", "10.42.0.7"] });

  it("a name's other address is the path", () => {
    expect(planned("::1", "127.0.0.1")).toMatchObject([{ bindTo: "0.0.0.0", own: ["127.0.0.1"] }]);
  });

  it("a target's only address stays its own, so that it cannot go untold", () => {
    expect(planned("::1")).toMatchObject([{ bindTo: "::", own: ["::1"] }]);
  });
});
