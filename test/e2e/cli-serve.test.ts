import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type StandIn, startStandIn } from "../../src/stand-in/stand-in.ts";
import {
  askUntilUp,
  type GateProcess,
  type GateProcessOptions,
  type LogLine,
  runProgram,
  startProgram,
  untilLogged,
} from "../support/gate-process.ts";
import { ask } from "../support/http-ask.ts";
import { freeLowPort } from "../support/watched-gate.ts";

interface Served {
  readonly gate: GateProcess;
  readonly probePort: number;
  readonly adminPort: number;
  status(): Promise<Status>;
}

interface Status {
  readonly ready: boolean;
  readonly phase: string;
  readonly verdict: { readonly code: string };
  readonly targets: readonly { readonly name: string; readonly verdict: { readonly code: string } }[];
  readonly warnings: readonly string[];
}

async function folderOfTest(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "gate-cli-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function standInOfTest(plan: Parameters<typeof startStandIn>[0] = {}): Promise<StandIn> {
  const standIn = await startStandIn(plan);
  onTestFinished(() => standIn.close());
  return standIn;
}

function targetsOf(standIn: StandIn): readonly string[] {
  const { http, grpc } = standIn.ports();
  return [
    ...["--preset", "none", "--target", `http=http://127.0.0.1:${http}/v2/health/ready`],
    ...["--target", `grpc=grpc://127.0.0.1:${grpc}`],
  ];
}

/** Starts `serve` on free ports and waits until it is alive. */
async function serve(args: readonly string[], options: GateProcessOptions = {}): Promise<Served> {
  const [probePort, adminPort] = [await freeLowPort(), await freeLowPort()];
  const listen = ["--listen", `127.0.0.1:${probePort}`, "--admin-listen", `127.0.0.1:${adminPort}`];
  const gate = startProgram(["serve", ...listen, ...args], options);
  await askUntilUp(probePort, "/livez");
  const status = async () => JSON.parse((await askUntilUp(adminPort, "/status")).body) as Status;
  return { gate, probePort, adminPort, status };
}

async function untilReady(probePort: number): Promise<void> {
  await vi.waitFor(async () => expect((await ask(probePort, "/readyz")).status).toBe(200), { timeout: 10_000 });
}

const isTransition = (line: LogLine) => "phaseMs" in line;

describe("the log of serve", () => {
  it("begins with the effective settings and where each came from", async () => {
    const folder = await folderOfTest();
    const file = join(folder, "gate.yaml");
    await writeFile(file, "interval: 7s\nfailureThreshold: 4\n");
    const { gate } = await serve(["--failure-threshold", "5", "--config", file], {
      env: { GATE_INTERVAL: "8s", GATE_BACKOFF_MAX: "200ms" },
    });
    const [first] = gate.log();
    expect(first).toMatchObject({
      level: "info",
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      settings: {
        preset: { value: "seldon", from: "default" },
        openOn: { value: "live", from: "preset" },
        startupBudget: { value: "1m30s", from: "preset" },
        interval: { value: "8s", from: "environment" },
        failureThreshold: { value: 5, from: "flag" },
        backoffMax: { value: "200ms", from: "environment" },
        targets: { from: "preset", value: expect.arrayContaining(["grpc=grpc://127.0.0.1:9500"]) },
      },
    });
  });

  it("takes settings from the file that --config names where nothing stronger gives them", async () => {
    const folder = await folderOfTest();
    await writeFile(join(folder, "gate.yaml"), "interval: 7s\n");
    const { gate } = await serve(["--config", "gate.yaml"], { cwd: folder });
    expect(gate.log()[0]).toMatchObject({ settings: { interval: { value: "7s", from: "file" } } });
  });

  it("is JSON lines with a time in UTC, a level in a word and a sentence, and no process id or host name", async () => {
    const { gate, probePort } = await serve(targetsOf(await standInOfTest()));
    await untilReady(probePort);
    gate.kill("SIGTERM");
    await gate.ended;
    expect(gate.log().length).toBeGreaterThanOrEqual(4);
    for (const line of gate.log()) {
      expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(["info", "warn"]).toContain(line.level);
      expect(line.msg).not.toBe("");
      expect(Object.keys(line)).not.toEqual(expect.arrayContaining(["pid"]));
      expect(Object.keys(line)).not.toEqual(expect.arrayContaining(["hostname"]));
    }
    expect(gate.stderr()).toBe("");
  });

  it("has one line for each transition, with bind addresses and times, and none for what repeats", async () => {
    const standIn = await standInOfTest({ host: "0.0.0.0", readyAfterMs: null });
    const { gate, probePort } = await serve([...targetsOf(standIn), "--interval", "100ms"]);
    await vi.waitUntil(() => gate.log().filter(isTransition).length === 2, { timeout: 10_000 });
    // Some 40 looks at each target that show nothing new.
    await pass(2000);
    expect(gate.log().filter(isTransition)).toHaveLength(2);
    standIn.setReady(true);
    await untilReady(probePort);
    await pass(1000);
    const transitions = gate.log().filter(isTransition);
    expect(transitions).toHaveLength(5);
    expect(transitions.map(({ target, verdict, to }) => `${to ? "gate" : target} ${to ?? verdict}`).toSorted()).toEqual(
      ["gate ready", "grpc NOT_READY", "grpc READY", "http NOT_READY", "http READY"],
    );
    const ready = transitions.find(({ target, verdict, to }) => target === "http" && verdict === "READY" && !to);
    expect(ready).toMatchObject({
      was: "NOT_READY",
      bind: [`0.0.0.0:${standIn.ports().http}`],
      sinceStartMs: expect.any(Number),
      phaseMs: expect.any(Number),
    });
    expect(ready?.["phaseMs"]).toBeGreaterThan(1900);
    expect(ready?.["sinceStartMs"]).toBeGreaterThanOrEqual(ready?.["phaseMs"] as number);
  });

  it("is silent at level warn about what goes well", async () => {
    const { gate, probePort } = await serve([...targetsOf(await standInOfTest()), "--log-level", "warn"]);
    await untilReady(probePort);
    expect(gate.stdout()).toBe("");
  });

  it("warns of an unknown GATE_ variable, such as Kubernetes makes for a Service named gate", async () => {
    const { gate, status } = await serve([], { env: { GATE_PORT: "tcp://10.0.0.1:80", GATE_INTERVALL: "5s" } });
    const warnings = gate.log().filter(({ level }) => level === "warn");
    expect(warnings.map(({ msg }) => msg).join("\n")).toMatch(/GATE_PORT/);
    expect((await status()).warnings.join("\n")).toMatch(/GATE_INTERVALL/);
  });
});

describe("serve without settings", () => {
  it("is what the program does without a command, with the targets of preset seldon", async () => {
    const [probePort, adminPort] = [await freeLowPort(), await freeLowPort()];
    // Only the ports are others, so that a gate of this machine is not in the way.
    const env = { GATE_LISTEN: `127.0.0.1:${probePort}`, GATE_ADMIN_LISTEN: `127.0.0.1:${adminPort}` };
    const gate = startProgram([], { env });
    await askUntilUp(probePort, "/livez");
    const { targets } = JSON.parse((await askUntilUp(adminPort, "/status")).body) as {
      targets: { url: string; required: boolean }[];
    };
    expect(targets.map(({ url, required }) => [url, required])).toEqual([
      ["http://127.0.0.1:9000/v2/health/ready", true],
      ["grpc://127.0.0.1:9500", true],
      ["tcp://127.0.0.1:5572?required=false", false],
    ]);
    expect(gate.log()[0]).toMatchObject({ settings: { preset: { value: "seldon", from: "default" } } });
  });

  it("opens at the first answer under preset seldon, though the server says that it is not ready", async () => {
    // An address of its own, so that no other server of this machine is in the way.
    const host = "127.0.0.9";
    await standInOfTest({ host, httpPort: 9000, grpcPort: 9500, readyAfterMs: null });
    const { probePort, status } = await serve(["--host", host]);
    await untilReady(probePort);
    const { ready, phase, verdict } = await status();
    expect({ ready, phase, code: verdict.code }).toEqual({ ready: true, phase: "ready", code: "NOT_READY" });
  });
});

describe("the surroundings of serve", () => {
  it("may name proxies: they are not asked", async () => {
    const nobody = "http://127.0.0.1:1";
    const names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "grpc_proxy", "ALL_PROXY", "all_proxy"];
    const env = { ...Object.fromEntries(names.map((name) => [name, nobody])), no_proxy: "", NODE_USE_ENV_PROXY: "1" };
    const { probePort } = await serve(targetsOf(await standInOfTest()), { env });
    await untilReady(probePort);
  });

  it("may have no /proc: that is one warning, and back-off alone opens the gate and sees its loss", async () => {
    const hide = join(await folderOfTest(), "hide-proc.mjs");
    await writeFile(hide, HIDE_PROC);
    const env = { NODE_OPTIONS: `--import ${pathToFileURL(hide).href}` };
    const standIn = await standInOfTest({ readyAfterMs: null });
    const flags = ["--interval", "100ms", "--failure-threshold", "1"];
    const { gate, probePort, status } = await serve([...targetsOf(standIn), ...flags], { env });
    await vi.waitFor(async () => expect((await status()).verdict.code).toBe("NOT_READY"), { timeout: 5000 });
    standIn.setReady(true);
    await untilReady(probePort);
    const warnings = gate.log().filter(({ level }) => level === "warn");
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.msg).toContain("cannot be read here");
    expect(await status()).toMatchObject({
      warnings: [warnings[0]?.msg],
      evidenceSources: { listenTable: "absent" },
      listeners: [],
    });
    await standIn.close();
    await vi.waitFor(async () => expect((await ask(probePort, "/readyz")).status).toBe(503), { timeout: 5000 });
    expect((await status()).targets.map(({ verdict }) => verdict.code)).toContain("STOPPED_LISTENING");
  });
});

/** Makes everything under /proc absent for the program's synchronous calls, as on macOS. */
const HIDE_PROC = `import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
for (const name of ["openSync", "readFileSync", "readlinkSync", "readdirSync", "statSync"]) {
  const real = fs[name];
  fs[name] = (path, ...rest) => {
    if (String(path).startsWith("/proc/")) throw Object.assign(new Error("ENOENT: " + path), { code: "ENOENT" });
    return real(path, ...rest);
  };
}
syncBuiltinESMExports();
`;

describe("a port of the gate's own that is taken", () => {
  /** Someone else's listener. */
  async function holdPort(host = "127.0.0.1"): Promise<number> {
    const port = await freeLowPort();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, host, resolve));
    onTestFinished(() => void server.close());
    return port;
  }

  it("ends serve with 2 and one message that names the holder's address, when it is the probe port", async () => {
    const port = await holdPort("0.0.0.0");
    const { code, stdout, stderr } = await runProgram(["--listen", `127.0.0.1:${port}`, "--admin-listen", ""]);
    expect(code).toBe(2);
    const lines = stdout.trim().split("\n");
    const fatal = lines.map((line) => JSON.parse(line) as LogLine).filter(({ level }) => level === "fatal");
    expect(fatal).toHaveLength(1);
    expect(fatal[0]?.msg).toContain(`127.0.0.1:${port}`);
    expect(fatal[0]?.msg).toContain(`0.0.0.0:${port}`);
    expect(stdout + stderr).not.toMatch(/\n {4}at /);
  });

  it("is a warning in the log and the snapshot when it is the admin or the gRPC port, and the gate goes on", async () => {
    const [adminPort, grpcPort, probePort] = [await holdPort(), await holdPort(), await freeLowPort()];
    const standIn = await standInOfTest();
    const listen = ["--listen", `127.0.0.1:${probePort}`, "--admin-listen", `127.0.0.1:${adminPort}`];
    const grpc = ["--grpc-listen", `127.0.0.1:${grpcPort}`];
    const gate = startProgram(["serve", ...listen, ...grpc, ...targetsOf(standIn)]);
    await askUntilUp(probePort, "/livez");
    await untilReady(probePort);
    for (const [what, port] of [
      ["admin", adminPort],
      ["gRPC", grpcPort],
    ] as const) {
      const line = await untilLogged(
        gate,
        ({ level, msg }) => level === "warn" && msg.includes(`the ${what} listener`),
      );
      expect(line.msg).toContain(`127.0.0.1:${port}`);
    }
    const other = await serve([...grpc, ...targetsOf(standIn)]);
    expect((await other.status()).warnings.join("\n")).toContain(`127.0.0.1:${grpcPort}`);
  });
});

describe("the termination log", () => {
  it("is written in place, never renamed, and holds the latest verdict in at most 4,096 bytes", async () => {
    const file = join(await folderOfTest(), "termination-log");
    await writeFile(file, "x".repeat(20_000));
    const before = await stat(file);
    const standIn = await standInOfTest({ readyAfterMs: null });
    const { probePort } = await serve([...targetsOf(standIn), "--termination-log", file]);
    await vi.waitFor(async () => expect(await readFile(file, "utf8")).toMatch(/^http NOT_READY \(slow-startup\): /));
    expect((await readFile(file, "utf8")).length).toBeLessThanOrEqual(4096);
    standIn.setReady(true);
    await untilReady(probePort);
    await vi.waitFor(async () => expect(await readFile(file, "utf8")).toMatch(/READY \(ready\): /));
    expect((await stat(file)).ino).toBe(before.ino);
  });

  it("that cannot be written is one warning in the log and the snapshot", async () => {
    const standIn = await standInOfTest();
    const missing = "/nowhere/termination-log";
    const { gate, probePort, status } = await serve([...targetsOf(standIn), "--termination-log", missing]);
    await untilReady(probePort);
    const warnings = gate.log().filter(({ msg }) => msg.includes("termination log"));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ level: "warn", msg: expect.stringContaining(missing) });
    expect((await status()).warnings.join("\n")).toContain(missing);
  });
});

describe("the endpoints of serve", () => {
  it("tell the same story: 503 while it starts, 200 once it is ready, with metrics and the snapshot", async () => {
    const standIn = await standInOfTest({ readyAfterMs: null });
    const { probePort, status } = await serve(targetsOf(standIn));
    await vi.waitFor(async () => expect((await status()).verdict.code).toBe("NOT_READY"));
    for (const path of ["/readyz", "/v2/health/ready", "/startupz"]) {
      expect((await ask(probePort, path)).status).toBe(503);
    }
    expect((await ask(probePort, "/readyz?code=class")).status).toBe(510);
    expect((await ask(probePort, "/metrics")).body).toMatch(/^readiness_gate_ready 0$/m);
    standIn.setReady(true);
    await untilReady(probePort);
    for (const path of ["/readyz", "/v2/health/ready", "/startupz", "/livez", "/v2/health/live"]) {
      expect((await ask(probePort, path)).status).toBe(200);
    }
    const { body } = await ask(probePort, "/metrics");
    expect(body).toMatch(/^readiness_gate_ready 1$/m);
    expect(body).toMatch(/^readiness_gate_verdict\{class="ready"\} 1$/m);
    expect(body).toMatch(/^readiness_gate_start_phase_seconds\{target="grpc",phase="ready"\} \d/m);
    expect(body).toMatch(/^readiness_gate_build_info\{version="\d/m);
    expect(await status()).toMatchObject({ ready: true, phase: "ready", verdict: { code: "READY" } });
  });

  it("listen on all addresses of both families by default", async () => {
    const [port, adminPort] = [await freeLowPort(), await freeLowPort()];
    startProgram(["--listen", `:${port}`, "--admin-listen", `127.0.0.1:${adminPort}`]);
    await askUntilUp(port, "/livez");
    expect((await ask(port, "/livez", { host: "::1" })).status).toBe(200);
  });

  it("cause no look, however often they are asked", async () => {
    const standIn = await standInOfTest();
    const { probePort, status } = await serve([...targetsOf(standIn), "--interval", "1h"]);
    await untilReady(probePort);
    await status();
    const before = standIn.connectionsSeen();
    for (let round = 0; round < 20; round += 1) {
      const paths = ["/readyz", "/readyz?verbose", "/startupz", "/livez", "/v2/health/ready", "/metrics"];
      await Promise.all(paths.map((path) => ask(probePort, path)));
    }
    expect(standIn.connectionsSeen()).toEqual(before);
  });
});
