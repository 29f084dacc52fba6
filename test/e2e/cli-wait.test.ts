import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { writeToContainerLog } from "../../src/record/container-log.ts";
import { type StandIn, startStandIn } from "../../src/stand-in/stand-in.ts";
import { askUntilUp, runProgram, startProgram } from "../support/gate-process.ts";
import { ask } from "../support/http-ask.ts";
import { startRawServer } from "../support/raw-servers.ts";
import { freeLowPort } from "../support/watched-gate.ts";

async function standInOfTest(plan: Parameters<typeof startStandIn>[0] = {}): Promise<StandIn> {
  const standIn = await startStandIn({ grpcPort: null, ...plan });
  onTestFinished(() => standIn.close());
  return standIn;
}

const targetAt = (port: number | null) => [
  "--preset",
  "none",
  "--target",
  `http=http://127.0.0.1:${port}/v2/health/ready`,
];

/** Flags of `wait` and `serve` alike, so that the one finds the other. */
async function gateFlags(standIn: StandIn): Promise<{ port: number; flags: string[] }> {
  const port = await freeLowPort();
  return { port, flags: ["--listen", `127.0.0.1:${port}`, ...targetAt(standIn.ports().http)] };
}

/** Runs `wait` where no gate runs. */
async function waitAlone(args: readonly string[]) {
  return await runProgram(["wait", "--listen", `127.0.0.1:${await freeLowPort()}`, ...args]);
}

describe("wait without a running gate", () => {
  it("ends with 0 once the targets are ready, and says what it waits for", async () => {
    const standIn = await standInOfTest({ readyAfterMs: null });
    const { flags } = await gateFlags(standIn);
    const waiting = startProgram(["wait", ...flags]);
    await vi.waitFor(() => expect(waiting.stdout()).toContain("NOT_READY"), { timeout: 10_000 });
    standIn.setReady(true);
    expect(await waiting.ended).toBe(0);
    expect(waiting.stdout()).toMatch(/\nready after [\d.]+m?s\n$/);
    expect(waiting.stderr()).toBe("");
  });

  it("says each thing once, however long it waits", async () => {
    const standIn = await standInOfTest({ readyAfterMs: null });
    const { stdout } = await waitAlone([...targetAt(standIn.ports().http), "--timeout", "1500ms"]);
    const lines = stdout.split("\n").filter((line) => line.includes("NOT_READY"));
    expect(lines).toHaveLength(1);
  });

  it.each([
    [10, "a slow start", async () => targetAt(await freeLowPort())],
    [10, "NOT_READY", async () => targetAt((await standInOfTest({ readyAfterMs: null })).ports().http)],
    [12, "a missing endpoint", async () => targetAt((await standInOfTest({ httpFault: "status-404" })).ports().http)],
    [
      12,
      "another protocol",
      async () => targetAt((await standInOfTest({ httpFault: "http2", grpcPort: null })).ports().http),
    ],
    [13, "an error", async () => targetAt((await standInOfTest({ httpFault: "status-500" })).ports().http)],
    [13, "a reset", async () => targetAt((await standInOfTest({ httpFault: "reset" })).ports().http)],
    [14, "an answer that says nothing", async () => targetAt((await startRedirector()).port)],
  ])("ends with %i for %s when the time is up", async (code, _, target) => {
    const began = performance.now();
    const result = await waitAlone([...(await target()), "--timeout", "800ms"]);
    expect(result.code).toBe(code);
    expect(result.stdout).toMatch(/\nnot ready after [\d.]+m?s: giving up\n$/);
    expect(performance.now() - began).toBeGreaterThanOrEqual(800);
  });

  it("ends with 0 when the time is up and it is told to continue, and says that it is not ready", async () => {
    const flags = [...targetAt(await freeLowPort()), "--timeout", "500ms", "--on-timeout", "continue"];
    const { code, stdout } = await waitAlone(flags);
    expect(code).toBe(0);
    expect(stdout).toMatch(/not ready after \d+ms: going on without it\n$/);
  });

  it("lets go at once when patience cannot help, and leaves its last words in the termination log", async () => {
    const standIn = await standInOfTest({ httpFault: "status-404" });
    const folder = mkdtempSync(join(tmpdir(), "rg-wait-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "termination-log");
    writeFileSync(file, "");
    const began = performance.now();
    const flags = [...targetAt(standIn.ports().http), "--termination-log", file];
    const { code } = await waitAlone([...flags, "--timeout", "60s", "--on-timeout", "continue"]);
    expect(code).toBe(0);
    expect(performance.now() - began).toBeLessThan(20_000);
    expect(readFileSync(file, "utf8")).toMatch(/^wait: not ready after .*: going on without it\n.*NO_SUCH_ENDPOINT/);
  });

  it("writes its last words to the output of a gate that is the container's first process", async () => {
    const folder = mkdtempSync(join(tmpdir(), "rg-wait-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, "1", "fd"), { recursive: true });
    writeFileSync(join(folder, "1", "fd", "1"), "");
    writeFileSync(join(folder, "1", "cmdline"), "/usr/local/bin/node\0/app/readiness-gate.mjs\0serve\0");
    expect(writeToContainerLog("last words", folder)).toBe(true);
    expect(readFileSync(join(folder, "1", "fd", "1"), "utf8")).toBe("last words\n");
    writeFileSync(join(folder, "1", "cmdline"), "/sbin/init\0");
    expect(writeToContainerLog("last words", folder)).toBe(false);
    expect(writeToContainerLog("last words", join(folder, "nothing"))).toBe(false);
  });

  it("is not taken in by another server on the gate's port that answers 200", async () => {
    const stranger = createServer((_request, response) => response.end("ok"));
    const port = await freeLowPort();
    await new Promise<void>((resolve) => stranger.listen(port, "127.0.0.1", resolve));
    onTestFinished(() => void stranger.close());
    const flags = ["--listen", `127.0.0.1:${port}`, ...targetAt(await freeLowPort()), "--timeout", "500ms"];
    expect((await runProgram(["wait", ...flags])).code).toBe(10);
  });

  it.each([
    ["says nothing", (socket: Socket) => void socket.resume()],
    ["drips an endless answer", drip],
    ["drips an endless body", (socket: Socket) => drip(socket, "HTTP/1.1 200 OK\r\nserver: readiness-gate\r\n\r\n")],
  ])("looks for itself within its time when something on the gate's port %s", async (_, behave) => {
    const stranger = await startRawServer((socket) => behave(socket));
    const standIn = await standInOfTest({ httpFault: "status-500" });
    const flags = ["--listen", `127.0.0.1:${stranger.port}`, ...targetAt(standIn.ports().http), "--timeout", "1s"];
    const began = performance.now();
    expect((await runProgram(["wait", ...flags])).code).toBe(13);
    expect(performance.now() - began).toBeLessThan(8000);
  });
});

/** Sends a byte every 50 ms, for ever. */
function drip(socket: Socket, head = "HTTP/1.1 200 OK\r\n"): void {
  socket.write(head);
  const timer = setInterval(() => socket.write("x"), 50);
  socket.on("close", () => clearInterval(timer));
  socket.resume();
}

/** Redirects to another host, which says neither ready nor not. */
function startRedirector() {
  return startRawServer((socket) => {
    socket.once("data", () =>
      socket.end("HTTP/1.1 301 Moved\r\nlocation: http://example.invalid/\r\ncontent-length: 0\r\n\r\n"),
    );
    socket.resume();
  });
}

describe("wait beside a running gate", () => {
  it("asks the gate alone: the targets see no connection of its own", async () => {
    const standIn = await standInOfTest({ readyAfterMs: null });
    const { port, flags } = await gateFlags(standIn);
    startProgram(["serve", "--admin-listen", "", "--interval", "1h", ...flags]);
    await askUntilUp(port, "/livez");
    standIn.setReady(true);
    await vi.waitFor(async () => expect((await ask(port, "/readyz")).status).toBe(200));
    const before = standIn.connectionsSeen();
    const { code, stdout } = await runProgram(["wait", ...flags]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ready after /);
    expect(standIn.connectionsSeen()).toEqual(before);
  });

  it("ends with the class of the gate's verdict, not with one of its own", async () => {
    const faulty = await standInOfTest({ httpFault: "status-500" });
    const ready = await standInOfTest();
    const { port, flags } = await gateFlags(faulty);
    startProgram(["serve", "--admin-listen", "", ...flags]);
    await askUntilUp(port, "/livez");
    // Its own targets are ready: only the gate can say 13.
    const own = ["--listen", `127.0.0.1:${port}`, ...targetAt(ready.ports().http)];
    const { code, stdout } = await runProgram(["wait", "--timeout", "1s", ...own]);
    expect(code).toBe(13);
    expect(stdout).toContain("ERRORING");
  });

  it("goes over to a gate that appears, and takes over from one that goes away", async () => {
    const faulty = await standInOfTest({ httpFault: "status-500" });
    const other = await standInOfTest({ readyAfterMs: null });
    const { port, flags } = await gateFlags(faulty);
    const own = ["--listen", `127.0.0.1:${port}`, ...targetAt(other.ports().http)];
    const waiting = startProgram(["wait", ...own]);
    await vi.waitFor(() => expect(waiting.stdout()).toContain("NOT_READY"), { timeout: 10_000 });
    const gate = startProgram(["serve", "--admin-listen", "", ...flags]);
    await vi.waitFor(() => expect(waiting.stdout()).toContain("ERRORING"), { timeout: 10_000 });
    const before = other.connectionsSeen().http;
    await expect.poll(async () => (await ask(port, "/livez")).status, { timeout: 5000 }).toBe(200);
    expect(other.connectionsSeen().http).toBe(before);
    gate.kill("SIGTERM");
    await gate.ended;
    other.setReady(true);
    expect(await waiting.ended).toBe(0);
  });
});
