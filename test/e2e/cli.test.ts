import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { runProgram, startProgram } from "../support/gate-process.ts";
import { ask } from "../support/http-ask.ts";
import { freeLowPort } from "../support/watched-gate.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

describe("the program", () => {
  it("tells its version", async () => {
    expect(await runProgram(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("lists its commands, and not the one that is for itself", async () => {
    const { code, stdout } = await runProgram(["--help"]);
    expect(code).toBe(0);
    for (const command of ["serve", "wait", "demo"]) expect(stdout).toMatch(new RegExp(`^ +${command}`, "m"));
    expect(stdout).not.toContain("stand-in [");
    expect(stdout).not.toMatch(/^ +stand-in/m);
  });

  it("tells of every setting by flag, variable and default", async () => {
    const { code, stdout } = await runProgram(["serve", "--help"]);
    expect(code).toBe(0);
    const text = stdout.replace(/\s+/g, " ");
    for (const [flag, variable, fallback] of [
      ["--preset", "GATE_PRESET", "seldon"],
      ["--open-on", "GATE_OPEN_ON", "live"],
      ["--probe-timeout", "GATE_PROBE_TIMEOUT", "1s"],
      ["--startup-budget", "GATE_STARTUP_BUDGET", "10m; preset seldon: 90s"],
      ["--admin-listen", "GATE_ADMIN_LISTEN", "127.0.0.1:9022"],
      ["--termination-log", "GATE_TERMINATION_LOG", "/dev/termination-log where it exists"],
    ] as const) {
      expect(text).toMatch(new RegExp(`${flag} [^[]*\\[${variable}\\] \\(default: [^)]*${fallback}`));
    }
  });

  it.each([
    ["an unknown command", ["frobnicate"], "frobnicate"],
    ["an unknown flag", ["serve", "--frobnicate"], "--frobnicate"],
    ["a flag without its value", ["serve", "--interval"], "--interval"],
    ["a bad duration of its own flag", ["wait", "--timeout", "soon"], "--timeout"],
    ["a bad choice", ["wait", "--on-timeout", "panic"], "--on-timeout"],
    ["a missing settings file", ["serve", "--config", "/nowhere/gate.yaml"], "/nowhere/gate.yaml"],
  ])("ends with 2 for %s, and says what is wrong", async (_, args, word) => {
    const { code, stdout, stderr } = await runProgram(args);
    expect(code).toBe(2);
    expect(stderr).toContain(word);
    expect(stderr).not.toMatch(/\n {4}at /);
    expect(stdout).toBe("");
  });

  it("names every bad setting, where it came from and what it takes, in one message and ends with 2", async () => {
    const folder = await mkdtemp(join(tmpdir(), "gate-cli-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, "gate.yaml"), "successThreshold: none\n");
    const { code, stdout, stderr } = await runProgram(["--interval", "5", "--config", "gate.yaml"], {
      env: { GATE_OPEN_ON: "sometimes", GATE_TARGETS: "http=ftp://127.0.0.1:21" },
      cwd: folder,
    });
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("4 bad settings:");
    for (const [setting, source] of [
      ["interval", "flag --interval"],
      ["openOn", "environment GATE_OPEN_ON"],
      ["targets", "environment GATE_TARGETS"],
      ["successThreshold", "gate.yaml:1:"],
    ]) {
      expect(stderr).toMatch(new RegExp(`^ +${setting} \\(${source}.*expected `, "m"));
    }
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  it("refuses models under preset seldon, whose agent would wait for the gate", async () => {
    const { code, stderr } = await runProgram(["--model", "iris"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/models \(flag --model\)/);
  });
});

describe("the demo", () => {
  /** A demo with a quick start, on ports that a running gate does not hold. */
  async function startDemo(...args: readonly string[]) {
    const [port, adminPort] = [await freeLowPort(), await freeLowPort()];
    const listen = ["--listen", `127.0.0.1:${port}`, "--admin-listen", `127.0.0.1:${adminPort}`];
    const quick = ["--bind-after", "600ms", "--answer-after", "1500ms", "--ready-after", "600ms"];
    return { demo: startProgram(["demo", ...listen, ...quick, ...args]), port, adminPort };
  }

  /** Whether these texts stand in the output in this order. */
  function expectInOrder(output: string, texts: readonly (string | RegExp)[]): void {
    let rest = output;
    for (const text of texts) {
      const found = new RegExp(text).exec(rest);
      expect(found, `${text} after ${output.slice(0, output.length - rest.length)}`).not.toBeNull();
      rest = rest.slice((found?.index ?? 0) + 1);
    }
  }

  it("tells the story of a slow start as it happens, and serves the endpoints that it names", async () => {
    const { demo, port, adminPort } = await startDemo();
    await vi.waitFor(() => expect(demo.stdout()).toMatch(/gate +OPEN/), { timeout: 15_000 });
    expectInOrder(demo.stdout(), [
      /stand-in server binds after 600ms/,
      `http://127.0.0.1:${port}/readyz`,
      `http://127.0.0.1:${adminPort}/`,
      "Ctrl-C",
      /http +NOT_LISTENING/,
      /server +binds ports/,
      /STARTING_UP/,
      /server +begins to answer/,
      /NOT_READY/,
      /server +says that it is ready/,
      / READY/,
      /gate +OPEN/,
    ]);
    expect(demo.stdout()).not.toContain("UNKNOWN");
    // No colours where the output is no terminal.
    expect(demo.stdout()).not.toContain("\u001b");
    expect((await ask(port, "/readyz")).status).toBe(200);
    expect(JSON.parse((await ask(adminPort, "/status")).body)).toMatchObject({ ready: true, phase: "ready" });
    const lines = (await ask(adminPort, "/journal")).body.trim().split("\n");
    expect(lines.length).toBeGreaterThanOrEqual(9);
  });

  it("ends with 0 at Ctrl-C, and its stand-in with it", async () => {
    const { demo } = await startDemo("--bind-after", "0s", "--answer-after", "0s", "--ready-after", "0s");
    await vi.waitFor(() => expect(demo.stdout()).toMatch(/gate +OPEN/), { timeout: 15_000 });
    expect((await ask(18_080, "/v2/health/ready")).status).toBe(200);
    const began = performance.now();
    demo.kill("SIGINT");
    expect(await demo.ended).toBe(0);
    expect(performance.now() - began).toBeLessThan(2500);
    await expect(ask(18_080, "/v2/health/ready")).rejects.toThrow("ECONNREFUSED");
    expect(demo.stderr()).toBe("");
  });

  it("ends with 0 at Ctrl-C while the stand-in is still starting", async () => {
    const { demo } = await startDemo("--bind-after", "1h");
    await vi.waitFor(() => expect(demo.stdout()).toContain("server    starts"), { timeout: 15_000 });
    demo.kill("SIGINT");
    expect(await demo.ended).toBe(0);
  });

  it("shows a fault of choice, and refuses one that does not exist", async () => {
    const { demo } = await startDemo("--http-fault", "status-500", "--grpc-fault", "http1");
    await vi.waitFor(() => expect(demo.stdout()).toMatch(/http +ERRORING/), { timeout: 15_000 });
    await vi.waitFor(() => expect(demo.stdout()).toMatch(/grpc +WRONG_PROTOCOL/), { timeout: 15_000 });
    const { code, stderr } = await runProgram(["demo", "--http-fault", "gremlins"]);
    expect(code).toBe(2);
    expect(stderr).toContain("status-500");
  });

  it("ends with 2 and a hint when its ports are taken", async () => {
    const { port } = await startDemo();
    await vi.waitFor(async () => expect((await ask(port, "/livez")).status).toBe(200), { timeout: 15_000 });
    const { code, stderr } = await runProgram(["demo", "--listen", `127.0.0.1:${port}`]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/EADDRINUSE.*--listen/);
  });
});
