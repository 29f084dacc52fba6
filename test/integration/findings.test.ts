import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { RunningGate } from "../../src/cli/compose.ts";
import { keepFindings } from "../../src/cli/findings-keeper.ts";
import type { Finding } from "../../src/core/findings/finding.ts";
import type { GateState, Transition } from "../../src/core/gate.ts";
import { peersOf, readEstablished } from "../../src/kernel/established.ts";
import { readOwnSockets } from "../../src/kernel/own-sockets.ts";
import { fakeTable } from "../support/fake-prober.ts";
import { type ManualClock, manualClock } from "../support/fake-view.ts";
import { answered, grpcTarget, listening, look, refused } from "../support/looks.ts";
import { stateAfter } from "../support/scenes.ts";
import { settingsFor } from "../support/watched-gate.ts";

const READ_EVERY_MS = 10_000;

/** Another process, which says something once it is where the test wants it. */
async function startElsewhere(script: string): Promise<{ readonly said: string; end(): Promise<void> }> {
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  const end = async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  return { said: said.toString(), end };
}

/** A port on which another process listens and accepts. */
async function openPort(): Promise<number> {
  const listen = `listen(0, "127.0.0.1", function () { console.log(this.address().port) })`;
  const { said } = await startElsewhere(`require("node:net").createServer((s) => s.on("error", () => {})).${listen}`);
  return Number(said);
}

/** Connects from a third process, which stays connected. */
async function connectFromElsewhere(port: number): Promise<() => Promise<void>> {
  const connected = `() => console.log("connected")`;
  return (await startElsewhere(`require("node:net").connect(${port}, "127.0.0.1", ${connected})`)).end;
}

function readyOn(port: number): GateState {
  const targets = [grpcTarget({ port, url: `grpc://127.0.0.1:${port}` })];
  return stateAfter([["grpc", look(answered("ready"), { listen: listening({ port }) })]], { targets });
}

/** A gate that stands still, looked around from by the real kernel's tables. */
async function keeperOf(state: GateState) {
  const clock: ManualClock = manualClock(1000);
  const listeners = new Set<(transition: Transition) => void>();
  const gate: RunningGate = {
    clock,
    table: fakeTable(),
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    beginStop: () => {},
    stop: async () => {},
  };
  const told: Finding[] = [];
  const settings = await settingsFor({ targets: ["grpc=grpc://127.0.0.1:9500"] });
  const keeper = keepFindings(gate, settings, (finding) => told.push(finding));
  onTestFinished(keeper.stop);
  // The machine of the test may be a node, or have a mesh.
  const here = (found: readonly Finding[]) => found.filter(({ code }) => code === "NO_CLIENT_YET");
  return { clock, told: () => here(told), codes: () => here(keeper.list()).map(({ code }) => code) };
}

describe("the kernel's table of connections", () => {
  it("shows who is connected to a port, our own connections left out", async () => {
    const port = await openPort();
    const peers = () => peersOf(port, readEstablished("/proc", new Set([port])) ?? [], readOwnSockets("/proc"));
    const own = connect(port, "127.0.0.1");
    onTestFinished(() => void own.destroy());
    await once(own, "connect");
    expect(readEstablished("/proc", new Set([port]))).toHaveLength(2);
    expect(peers()).toEqual([]);
    const disconnect = await connectFromElsewhere(port);
    expect(peers()).toEqual([expect.stringMatching(/^127\.0\.0\.1 \d+$/)]);
    await disconnect();
    await vi.waitFor(() => expect(peers()).toEqual([]));
  });
});

describe("the finding NO_CLIENT_YET", () => {
  it("comes once while nobody connects, and is gone for good when a client stays", async () => {
    const port = await openPort();
    const { clock, codes, told } = await keeperOf(readyOn(port));
    clock.advance(2 * READ_EVERY_MS);
    expect(codes()).toEqual([]);
    clock.advance(2 * READ_EVERY_MS);
    expect(codes()).toEqual(["NO_CLIENT_YET"]);
    const disconnect = await connectFromElsewhere(port);
    clock.advance(READ_EVERY_MS);
    expect(codes()).toEqual([]);
    clock.advance(READ_EVERY_MS);
    await disconnect();
    clock.advance(9 * READ_EVERY_MS);
    expect(codes()).toEqual([]);
    expect(told().map(({ code }) => code)).toEqual(["NO_CLIENT_YET"]);
  });

  it("comes back when somebody only looked", async () => {
    const port = await openPort();
    const { clock, codes, told } = await keeperOf(readyOn(port));
    clock.advance(4 * READ_EVERY_MS);
    const disconnect = await connectFromElsewhere(port);
    clock.advance(READ_EVERY_MS);
    expect(codes()).toEqual([]);
    await disconnect();
    clock.advance(READ_EVERY_MS);
    expect(codes()).toEqual(["NO_CLIENT_YET"]);
    expect(told()).toHaveLength(2);
  });

  it("is not there before readiness", async () => {
    const state = stateAfter([["grpc", look(refused())]], { targets: [grpcTarget()] });
    const { clock, codes } = await keeperOf(state);
    clock.advance(9 * READ_EVERY_MS);
    expect(codes()).not.toContain("NO_CLIENT_YET");
  });
});
