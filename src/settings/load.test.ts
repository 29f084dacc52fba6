import { describe, expect, it } from "vitest";
import { type Given, loaded } from "./load-for-tests.ts";

const urls = async (given: Given) => (await loaded(given)).settings.targets.map(({ name, url }) => `${name}=${url}`);

describe("settings that nobody gave", () => {
  it("are those of the contract for a Seldon pod", async () => {
    const { settings, origins, warnings } = await loaded({ terminationLogExists: true });
    expect(warnings).toEqual([]);
    expect(settings).toMatchObject({
      preset: "seldon",
      policy: {
        openOn: "live",
        afterReady: "live",
        failureThreshold: 3,
        successThreshold: 1,
        startupBudgetMs: 90_000,
        intervalMs: 5_000,
        probeTimeoutMs: 1_000,
      },
      backoffMinMs: 50,
      backoffMaxMs: 100,
      models: [],
      drainMs: 0,
      listen: { host: null, port: 9020 },
      grpcListen: null,
      adminListen: { host: "127.0.0.1", port: 9022 },
      journal: null,
      terminationLog: "/dev/termination-log",
      podIps: null,
      logLevel: "info",
    });
    expect(
      settings.targets.map(({ name, scheme, host, port, required }) => [name, scheme, host, port, required]),
    ).toEqual([
      ["http", "http", "127.0.0.1", 9000, true],
      ["grpc", "grpc", "127.0.0.1", 9500, true],
      ["rclone", "tcp", "127.0.0.1", 5572, false],
    ]);
    expect(origins).toMatchObject({
      preset: "default",
      targets: "preset",
      openOn: "preset",
      startupBudget: "preset",
      interval: "default",
    });
  });

  it("leave the termination log off where it does not exist", async () => {
    expect((await loaded({ terminationLogExists: false })).settings.terminationLog).toBeNull();
  });
});

describe("presets", () => {
  it.each([
    ["mlserver", ["http=http://127.0.0.1:8080/v2/health/ready", "grpc=grpc://127.0.0.1:8081"]],
    ["triton", ["http=http://127.0.0.1:8000/v2/health/ready", "grpc=grpc://127.0.0.1:8001"]],
  ])("%s names its targets and opens on readiness", async (preset, expected) => {
    const { settings, origins } = await loaded({ environment: { GATE_PRESET: preset } });
    expect(settings.targets.map(({ name, url }) => `${name}=${url}`)).toEqual(expected);
    expect(settings.policy).toMatchObject({ openOn: "ready", startupBudgetMs: 600_000 });
    expect(origins).toMatchObject({ preset: "environment", openOn: "default" });
  });

  it.each(["::1", "[::1]"])("use the host %s, in brackets where a URL needs them", async (host) => {
    expect((await urls({ flags: { preset: "triton", host } })).at(1)).toBe("grpc=grpc://[::1]:8001");
  });

  it("stay Seldon's in all but the targets when targets are given", async () => {
    const { settings } = await loaded({ flags: { targets: ["a=tcp://h:1"] } });
    expect(settings.policy).toMatchObject({ openOn: "live", startupBudgetMs: 90_000 });
    expect(settings.targets).toHaveLength(1);
  });

  it("warn about a host that nothing uses", async () => {
    const { warnings } = await loaded({ flags: { host: "h" }, environment: { GATE_TARGETS: "a=tcp://h:1" } });
    expect(warnings).toEqual([
      "The host (flag --host) is for the preset's targets and is ignored, since targets are given (environment GATE_TARGETS)",
    ]);
  });
});

describe("the pod's addresses", () => {
  const environment = { GATE_POD_IPS: "10.42.0.7 192.0.2.9" };

  it("are warned of where they are on no interface, since nothing is tried there", async () => {
    const { warnings } = await loaded({ environment, ownAddresses: ["127.0.0.1", "10.42.0.7"] });
    expect(warnings).toEqual(["192.0.2.9 of podIps (environment GATE_POD_IPS) is on no interface here and not tried"]);
  });

  it("are taken as they are where the interfaces cannot be told", async () => {
    expect((await loaded({ environment, ownAddresses: [] })).warnings).toEqual([]);
  });
});

describe("empty values", () => {
  it("turn the gRPC and admin listeners off, in a variable, a flag and the file", async () => {
    const off = { adminListen: null, grpcListen: null };
    const file = "grpcListen: :9021\n";
    expect(
      (await loaded({ file, environment: { GATE_ADMIN_LISTEN: "", GATE_GRPC_LISTEN: "" } })).settings,
    ).toMatchObject(off);
    expect((await loaded({ file, flags: { adminListen: "", grpcListen: "" } })).settings).toMatchObject(off);
    expect((await loaded({ file: 'adminListen:\ngrpcListen: ""' })).settings).toMatchObject(off);
  });

  it("turn the termination log and the journal off when a flag says so", async () => {
    const flags = { terminationLog: "", journal: "" };
    const result = await loaded({ flags, environment: { GATE_JOURNAL: "/j" }, terminationLogExists: true });
    expect(result.settings).toMatchObject({ terminationLog: null, journal: null });
  });

  it("leave a key of the file unset", async () => {
    expect((await loaded({ file: "journal:\ninterval: ~\n" })).origins).toMatchObject({
      journal: "default",
      interval: "default",
    });
  });
});
