import { describe, expect, it } from "vitest";
import { describeSettings } from "./describe.ts";
import { loaded } from "./load-for-tests.ts";
import { OPTIONS } from "./options.ts";

describe("describeSettings", () => {
  it("writes each value as a user would, and where it came from", async () => {
    const flags = { targets: ["a=tcp://[::1]:1"], startupBudget: "90s", grpcListen: "[::1]:9021", adminListen: "" };
    const { settings, origins } = await loaded({
      flags,
      environment: { GATE_PROBE_TIMEOUT: "1500ms" },
      file: "failureThreshold: 4",
    });
    const described = describeSettings(settings, origins);
    expect(JSON.parse(JSON.stringify(described))).toEqual(described);
    expect(described).toMatchObject({
      preset: { value: "seldon", from: "default" },
      targets: { value: ["a=tcp://[::1]:1"], from: "flag" },
      openOn: { value: "live", from: "preset" },
      startupBudget: { value: "1m30s", from: "flag" },
      probeTimeout: { value: "1.5s", from: "environment" },
      failureThreshold: { value: 4, from: "file" },
      listen: { value: ":9020", from: "default" },
      grpcListen: { value: "[::1]:9021", from: "flag" },
      adminListen: { value: null, from: "flag" },
    });
    expect(Object.keys(described).toSorted((a, b) => a.localeCompare(b))).toEqual(
      Object.keys(OPTIONS)
        .filter((key) => key !== "host")
        .toSorted((a, b) => a.localeCompare(b)),
    );
  });
});
