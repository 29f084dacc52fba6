import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type StandIn, startStandIn } from "../../src/stand-in/stand-in.ts";
import { askUntilUp, type GateProcess, startProgram, untilLogged } from "../support/gate-process.ts";
import { ask } from "../support/http-ask.ts";
import { forkStandInOfTest } from "../support/stand-in-child.ts";
import { freeLowPort } from "../support/watched-gate.ts";

/** What the contract gives the gate to end in once its drain is over. */
const END_MS = 2000;

async function serve(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const [probePort, adminPort] = [await freeLowPort(), await freeLowPort()];
  const listen = ["--listen", `127.0.0.1:${probePort}`, "--admin-listen", `127.0.0.1:${adminPort}`];
  const gate = startProgram(["serve", ...listen, ...args], { env });
  await askUntilUp(adminPort, "/status");
  return { gate, probePort, adminPort };
}

/** One HTTP target, and nothing to wait for. */
async function serveBefore(standIn: Pick<StandIn, "ports">, ...args: readonly string[]) {
  const target = `http=http://127.0.0.1:${standIn.ports().http}/v2/health/ready`;
  const served = await serve(["--preset", "none", "--target", target, ...args]);
  await vi.waitFor(async () => expect((await ask(served.probePort, "/readyz")).status).toBe(200), { timeout: 10_000 });
  return served;
}

async function standInOfTest(): Promise<StandIn> {
  const standIn = await startStandIn({ grpcPort: null });
  onTestFinished(() => standIn.close());
  return standIn;
}

/** Sends a signal and waits for the end. */
async function endBy(gate: GateProcess, signal: NodeJS.Signals): Promise<{ code: number | null; ms: number }> {
  const began = performance.now();
  gate.kill(signal);
  return { code: await gate.ended, ms: performance.now() - began };
}

/** A client of `/events` that stays connected, and one that keeps a connection alive. */
async function stayConnected(adminPort: number, probePort: number): Promise<() => readonly boolean[]> {
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const events = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ port: adminPort, host: "127.0.0.1", path: "/events" }, resolve).on("error", reject).end();
  });
  events.on("error", () => undefined);
  events.resume();
  const sockets: Socket[] = [events.socket];
  for (const port of [adminPort, probePort]) {
    const reply = await ask(port, port === adminPort ? "/status" : "/livez", { agent });
    expect(reply.status).toBe(200);
    // One that says nothing at all.
    sockets.push(
      connect(port, "127.0.0.1")
        .on("error", () => undefined)
        .resume(),
    );
  }
  await vi.waitUntil(() => sockets.every((socket) => !socket.connecting));
  return () => sockets.map(({ destroyed, readableEnded }) => destroyed || readableEnded);
}

describe.each(["SIGTERM", "SIGINT"] as const)("%s", (signal) => {
  it("ends serve with 0 within 2 s, though clients stay connected, and a last log line", async () => {
    const { gate, adminPort, probePort } = await serveBefore(await standInOfTest());
    const areClosed = await stayConnected(adminPort, probePort);
    const { code, ms } = await endBy(gate, signal);
    expect(code).toBe(0);
    expect(ms).toBeLessThan(END_MS);
    expect(gate.log().at(-1)).toMatchObject({ level: "info", signal, target: "http", verdict: "READY" });
    expect(gate.log().some(({ to }) => to === "stopping")).toBe(true);
    await vi.waitUntil(() => areClosed().every(Boolean));
  });
});

describe("SIGTERM", () => {
  it("ends serve in time while a look waits for a silent server", async () => {
    const httpPort = await freeLowPort();
    const child = await forkStandInOfTest({ host: "127.0.0.1", httpPort, grpcPort: null });
    await child.reached("ready");
    child.kill("SIGSTOP");
    onTestFinished(() => child.kill("SIGCONT"));
    const target = `http=http://127.0.0.1:${httpPort}/v2/health/ready`;
    const { gate } = await serve(["--preset", "none", "--target", target, "--probe-timeout", "60s"]);
    const { code, ms } = await endBy(gate, "SIGTERM");
    expect(code).toBe(0);
    expect(ms).toBeLessThan(END_MS);
    expect(gate.log().at(-1)).toMatchObject({ signal: "SIGTERM" });
  });

  it("ends serve in time at any moment of its start", async () => {
    for (const delayMs of [150, 250, 350]) {
      const gate = startProgram(["--listen", `127.0.0.1:${await freeLowPort()}`, "--admin-listen", ""]);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      const hadBegun = gate.log().length > 0;
      const { code, ms } = await endBy(gate, "SIGTERM");
      expect(ms).toBeLessThan(END_MS);
      // Before the program is loaded, the signal's default action ends the process.
      expect(code).toBe(hadBegun ? 0 : null);
    }
  });

  it("with a drain goes on watching until the targets stop listening, and serves the phase meanwhile", async () => {
    const standIn = await standInOfTest();
    const { gate, adminPort, probePort } = await serveBefore(standIn, "--drain", "20s", "--interval", "100ms");
    gate.kill("SIGTERM");
    await untilLogged(gate, ({ to }) => to === "stopping");
    expect(JSON.parse((await ask(adminPort, "/status")).body)).toMatchObject({ phase: "stopping", ready: true });
    expect((await ask(probePort, "/livez")).status).toBe(200);
    const began = performance.now();
    await standIn.close();
    expect(await gate.ended).toBe(0);
    expect(performance.now() - began).toBeLessThan(5000);
    expect(gate.log().at(-1)).toMatchObject({ signal: "SIGTERM" });
  });

  it("with a drain ends after that time, though the targets listen on", async () => {
    const { gate } = await serveBefore(await standInOfTest(), "--drain", "1s");
    const { code, ms } = await endBy(gate, "SIGTERM");
    expect(code).toBe(0);
    expect(ms).toBeGreaterThanOrEqual(1000);
    expect(ms).toBeLessThan(1000 + END_MS);
  });
});

describe("an error that nobody caught", () => {
  it.each([
    ["thrown", 'throw new Error("a bug of the gate", { cause: new TypeError("its cause") })'],
    ["rejected", 'Promise.reject(new Error("a bug of the gate", { cause: new TypeError("its cause") }))'],
  ])("that was %s is logged whole, and ends serve with 1", async (_, statement) => {
    const folder = await mkdtemp(join(tmpdir(), "gate-bug-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const preload = join(folder, "bug.mjs");
    await writeFile(preload, `process.once("SIGWINCH", () => { ${statement}; });\n`);
    const env = { NODE_OPTIONS: `--import ${pathToFileURL(preload).href}` };
    const { gate } = await serve(["--preset", "none", "--target", "tcp=tcp://127.0.0.1:9"], env);
    const { code, ms } = await endBy(gate, "SIGWINCH");
    expect(code).toBe(1);
    expect(ms).toBeLessThan(END_MS);
    const last = gate.log().at(-1);
    expect(last).toMatchObject({ level: "fatal", err: { type: "Error" } });
    const text = JSON.stringify(last?.["err"]);
    expect(text).toContain("a bug of the gate");
    expect(text).toContain("its cause");
    expect(text).toContain("bug.mjs:1");
  });
});
