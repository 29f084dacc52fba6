import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { VERDICT_CODES, VERDICTS } from "../../src/core/verdict-table.ts";
import { type Pod, podsAvailable } from "../support/pod.ts";
import { podOfTest, startGate } from "./gate-in-pod.ts";

const support = await podsAvailable();
const bundle = fileURLToPath(new URL("../../dist/readiness-gate.mjs", import.meta.url));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program outside of any pod, without a terminal. */
function runProgram(...args: readonly string[]): Promise<Ended> {
  return ended(process.execPath, [bundle, ...args]);
}

/** Runs the program on a terminal of its own, of that width (script(1)); both outputs come as one. */
function runOnTerminal(command: string, columns: number, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const inner = `stty cols ${columns}; exec ${process.execPath} ${bundle} ${command}`;
  return ended("script", ["-qec", inner, "/dev/null"], env);
}

function ended(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const { NO_COLOR: _, ...inherited } = process.env;
  return new Promise((resolve) => {
    const child = execFile(command, args, { env: { ...inherited, TERM: "xterm", ...env } }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
    child.stdin?.end();
  });
}

const words = (text: string) => text.replaceAll(/\s+/g, " ");

describe("explain", () => {
  test("lists every verdict with its meaning when it is asked for none", async () => {
    const { code, stdout } = await runProgram("explain");
    expect(code).toBe(0);
    for (const one of VERDICT_CODES) expect(words(stdout)).toContain(`${one} ${VERDICTS[one].means}`);
  });

  test("says all about one verdict, named in any case, without colours and in 80 columns where there is no terminal", async () => {
    const { code, stdout } = await runProgram("explain", "not-listening");
    expect(code).toBe(0);
    const { means, told, alike, remedy } = VERDICTS.NOT_LISTENING;
    for (const part of ["exit code 10", means, told, alike, remedy]) expect(words(stdout)).toContain(part);
    expect(stdout).not.toContain("\u001b");
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test("keeps to a terminal's width, and uses colours there unless NO_COLOR is set", async () => {
    const coloured = await runOnTerminal("explain hung", 50);
    expect(coloured.stdout).toContain("\u001b[");
    const plain = await runOnTerminal("explain hung", 50, { NO_COLOR: "1" });
    expect(plain.stdout).not.toContain("\u001b");
    const longest = Math.max(...plain.stdout.split("\r\n").map((line) => line.length));
    expect(longest).toBeLessThanOrEqual(50);
    expect(longest).toBeGreaterThan(40);
  });

  test("ends with 2 and names the codes that may have been meant when there is no such verdict", async () => {
    const misspelt = await runProgram("explain", "REJCTED");
    expect(misspelt).toMatchObject({ code: 2, stdout: "" });
    expect(misspelt.stderr).toMatch(/did you mean REJECTED\?/);
    const partly = await runProgram("explain", "listening");
    expect(partly.stderr).toMatch(/did you mean NOT_LISTENING, STOPPED_LISTENING, NEVER_LISTENED\?/);
    const foreign = await runProgram("explain", "zzz");
    expect(foreign).toMatchObject({ code: 2 });
    expect(foreign.stderr).toContain("REJECTED, DROPPED");
  });
});

/** Runs `check` inside a pod. */
function check(pod: Pod, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  return pod.run(process.execPath, [bundle, "check", ...args], { env });
}

async function startServer(pod: Pod, script: string, port: number): Promise<void> {
  pod.spawn(process.execPath, ["-e", script]);
  await vi.waitFor(async () => expect(await pod.connect(port)).toBe("ok"), { timeout: 10_000 });
}

const only = (url: string) => ["--preset", "none", "--target", `it=${url}`];
const ANSWERING = `require("node:http").createServer((q, r) => r.end()).listen(9000, "0.0.0.0")`;
const REFUSING = `require("node:http").createServer((q, r) => r.writeHead(503).end()).listen(9000, "0.0.0.0")`;
const SILENT = `for (const port of [9000, 9020]) require("node:net").createServer(() => {}).listen(port, "0.0.0.0")`;

describe("check, with no gate beside it", () => {
  beforeEach(({ skip }) => {
    if (!support.ok) skip(support.reason);
  });

  test("says ready in one word", async () => {
    const pod = await podOfTest();
    await startServer(pod, ANSWERING, 9000);
    expect(await check(pod, only("http://127.0.0.1:9000/"))).toMatchObject({ code: 0, stdout: "ready\n", stderr: "" });
  });

  test("says why not, each time in the same words, and says nothing of settings that it warns of elsewhere", async () => {
    const pod = await podOfTest();
    const expected = {
      code: 10,
      stdout: "not ready: http NOT_LISTENING: nothing listens on 127.0.0.1:9000 yet\n",
      stderr: "",
    };
    expect(await check(pod, [], { GATE_PORT: "tcp://10.43.0.7:80" })).toMatchObject(expected);
    expect(await check(pod)).toMatchObject(expected);
  });

  test("takes the exit code from the worst class: a wrong protocol before a port that nobody has bound yet", async () => {
    const pod = await podOfTest();
    await startServer(pod, ANSWERING, 9000);
    const targets = ["--target", "late=tcp://127.0.0.1:9001", "--target", "grpc=grpc://127.0.0.1:9000"];
    const { code, stdout } = await check(pod, ["--preset", "none", ...targets]);
    expect({ code, stdout }).toEqual({ code: 12, stdout: expect.stringMatching(/^not ready: grpc WRONG_PROTOCOL: /) });
  });

  test.each([
    ["REJECTED", ["-j", "REJECT"]],
    ["REJECTED", ["-j", "REJECT", "--reject-with", "tcp-reset"]],
    ["DROPPED", ["-j", "DROP"]],
  ])("tells %s of a rule %j, without waiting for anything else", async (verdict, rule) => {
    const pod = await podOfTest();
    const added = await pod.run("iptables", ["-A", "INPUT", "-p", "tcp", "--dport", "9000", ...rule]);
    expect(added).toMatchObject({ code: 0 });
    const { code, stdout } = await check(pod, only("tcp://127.0.0.1:9000"));
    expect({ code, stdout }).toEqual({ code: 11, stdout: expect.stringContaining(`not ready: it ${verdict}: `) });
  });

  test("waits for neither a silent server nor a silent stranger on the gate's port, whatever the settings allow", async () => {
    const pod = await podOfTest();
    await startServer(pod, SILENT, 9020);
    const began = performance.now();
    const { code, stdout } = await check(pod, [...only("http://127.0.0.1:9000/"), "--probe-timeout", "60s"]);
    expect({ code, stdout }).toEqual({ code: 10, stdout: expect.stringContaining("not ready: it STARTING_UP: ") });
    // Some 0.8 s; a probe of the kubelet's gives it 1 s.
    expect(performance.now() - began).toBeLessThan(2000);
  });

  test("ends with 2 for bad settings", async () => {
    const pod = await podOfTest();
    expect(await check(pod, ["--interval", "soon"])).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("check, beside a gate that runs", () => {
  beforeEach(({ skip }) => {
    if (!support.ok) skip(support.reason);
  });

  test("says what that gate says, of its targets and not of check's own settings", async () => {
    const pod = await podOfTest();
    const gate = await startGate(pod, { args: [...only("http://127.0.0.1:9000/"), "--open-on", "ready"] });
    const notYet = await check(pod);
    expect(notYet).toMatchObject({
      code: 10,
      stdout: "not ready: it NOT_LISTENING: nothing listens on 127.0.0.1:9000 yet\n",
    });
    await startServer(pod, REFUSING, 9000);
    await vi.waitFor(async () => expect((await gate.target("it")).verdict.code).toBe("NOT_READY"));
    expect(await check(pod)).toMatchObject({ code: 10, stdout: expect.stringMatching(/^not ready: it NOT_READY: /) });
  });

  test("says ready once that gate is open", async () => {
    const pod = await podOfTest();
    await startServer(pod, ANSWERING, 9000);
    const gate = await startGate(pod, { args: only("http://127.0.0.1:9000/") });
    await vi.waitFor(async () => expect(await gate.readyz()).toBe(200));
    expect(await check(pod)).toMatchObject({ code: 0, stdout: "ready\n", stderr: "" });
  });
});
