import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { grpcTarget, httpTarget, POLICY, rcloneTarget, socket } from "../../test/support/looks.ts";
import { type FakeServer, fakeLookParts } from "../../test/support/watch-parts.ts";
import type { Answer } from "../core/observation.ts";
import type { GatePolicy } from "../core/policy.ts";
import type { Target } from "../core/target.ts";
import { newGateKeeper } from "./gate-keeper.ts";
import { startWatch } from "./watch.ts";

interface WatchOptions {
  readonly targets?: readonly Target[];
  readonly policy?: Partial<GatePolicy>;
  readonly models?: readonly string[];
  readonly backoff?: { readonly minMs: number; readonly maxMs: number };
}

/** A watch of targets whose ports are bound and answered as the test says; nothing is at first. */
function watchOf({ targets = [httpTarget(), grpcTarget()], policy, models = [], backoff }: WatchOptions = {}) {
  const answers = new Map<string, Answer["kind"]>();
  const server: FakeServer = (question) => {
    const port = asking.shift() ?? 0;
    const kind = answers.get(String(port));
    if (kind === undefined) question.refuse();
    else if (kind === "silence") question.accept();
    else question.answer(kind);
  };
  const asking: number[] = [];
  const base = fakeLookParts(server);
  const { clock, table } = base;
  const openProber = (target: Target, address: string) => {
    const prober = base.openProber(target, address);
    const ask: typeof prober.ask = (asked) => {
      asking.push(target.port);
      return prober.ask(asked);
    };
    return { ...prober, ask };
  };
  const keeper = newGateKeeper(targets, { ...POLICY, ...policy }, clock);
  const looks: { target: string; atMs: number }[] = [];
  let tableMissing = 0;
  const watch = startWatch({
    clock,
    keeper,
    look: { ...base, openProber, isLocalHost: (host) => host === "127.0.0.1" },
    backoff: backoff ?? { minMs: 50, maxMs: 100 },
    models,
    random: () => 0,
    onLook: (target) => looks.push({ target, atMs: clock.now().monotonicMs }),
    onNoTable: () => {
      tableMissing += 1;
    },
  });
  /** Lets time pass, in steps small enough for what is awaited in between. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 10) {
      clock.advance(10);
      for (let turn = 0; turn < 4; turn += 1) await nextTurn();
    }
  };
  const stop = async () => {
    const stopped = watch.stop();
    await pass(2000);
    await stopped;
  };
  onTestFinished(stop);
  const sockets = () => [...answers.keys()].map((port) => socket({ port: Number(port), inode: 1000 + Number(port) }));
  return {
    ...base,
    keeper,
    watch,
    looks,
    pass,
    stop,
    tableMissing: () => tableMissing,
    looksAt: (name: string) => looks.filter(({ target }) => target === name).map(({ atMs }) => atMs),
    /** The server on a port binds it and answers so. */
    serve: (port: number, kind: Answer["kind"]) => {
      answers.set(String(port), kind);
      table.show(sockets());
    },
    /** The server on a port goes away. */
    leave: (port: number) => {
      answers.delete(String(port));
      table.show(sockets());
    },
  };
}

const FAR = { minMs: 60_000, maxMs: 60_000 };

describe("the doorbell", () => {
  it("brings a look within 40 ms of a bind, whatever the back-off", async () => {
    const gate = watchOf({ backoff: FAR });
    await gate.pass(1000);
    expect(gate.looks).toHaveLength(2);
    gate.serve(9000, "ready");
    await gate.pass(50);
    expect(gate.looksAt("http")).toHaveLength(2);
    expect(gate.keeper.state().targets[0]?.isReady).toBe(true);
  });

  it("brings a look within 40 ms of a server's end", async () => {
    const gate = watchOf({ backoff: FAR });
    gate.serve(9000, "not-ready");
    await gate.pass(500);
    gate.leave(9000);
    await gate.pass(50);
    expect(gate.keeper.state().targets[0]?.verdict.code).toBe("STOPPED_LISTENING");
  });

  it("notes when the port was bound, before any look", async () => {
    const gate = watchOf({ backoff: FAR, policy: { probeTimeoutMs: 30_000 } });
    gate.serve(9000, "silence");
    await gate.pass(500);
    gate.serve(9500, "silence");
    await gate.pass(50);
    const listening = gate.keeper.state().targets[1]?.memory.timeline.listening;
    expect(listening?.monotonicMs).toBeGreaterThan(490);
    expect(listening?.monotonicMs).toBeLessThanOrEqual(550);
  });

  it("is for targets of this network namespace alone", async () => {
    const remote = httpTarget({ host: "10.42.0.9" });
    const gate = watchOf({ backoff: FAR, targets: [remote] });
    await gate.pass(100);
    gate.serve(9000, "ready");
    await gate.pass(1000);
    expect(gate.looks).toHaveLength(1);
  });

  it("rings for each of the targets that share a port", async () => {
    const other = grpcTarget({ port: 9000 });
    const gate = watchOf({ backoff: FAR, targets: [httpTarget(), other] });
    await gate.pass(100);
    gate.serve(9000, "not-ready");
    await gate.pass(50);
    expect(gate.looksAt("http")).toHaveLength(2);
    expect(gate.looksAt("grpc")).toHaveLength(2);
  });

  it("runs once a second once the gate is open", async () => {
    const gate = watchOf({ policy: { intervalMs: 60_000 } });
    gate.serve(9000, "not-ready");
    await gate.pass(200);
    gate.serve(9000, "ready");
    gate.serve(9500, "ready");
    await gate.pass(200);
    expect(gate.keeper.state().isOpen).toBe(true);
    gate.leave(9000);
    const before = gate.looksAt("http").length;
    await gate.pass(700);
    expect(gate.looksAt("http")).toHaveLength(before);
    await gate.pass(300);
    expect(gate.looksAt("http")).toHaveLength(before + 1);
    expect(gate.keeper.state().targets[0]?.suspicion).toMatchObject({ code: "STOPPED_LISTENING", looks: 1 });
  });

  it("that finds no table says so once, and back-off alone opens the gate", async () => {
    const gate = watchOf();
    gate.table.show(null);
    await gate.pass(1000);
    expect(gate.tableMissing()).toBe(1);
    gate.serve(9000, "ready");
    gate.serve(9500, "ready");
    gate.table.show(null);
    await gate.pass(1000);
    expect(gate.keeper.state().isOpen).toBe(true);
    expect(gate.tableMissing()).toBe(1);
  });
});

describe("a target that becomes ready", () => {
  it("makes the others look at once", async () => {
    const gate = watchOf({ backoff: FAR, targets: [httpTarget(), grpcTarget({ host: "10.42.0.9" })] });
    await gate.pass(100);
    gate.serve(9500, "ready");
    await gate.pass(100);
    expect(gate.looksAt("grpc")).toHaveLength(1);
    gate.serve(9000, "ready");
    await gate.pass(60);
    expect(gate.keeper.state().isOpen).toBe(true);
  });

  it("is looked at no more than every interval, while the others go on trying", async () => {
    const gate = watchOf();
    gate.serve(9000, "ready");
    await gate.pass(4900);
    expect(gate.looksAt("http").length).toBeLessThanOrEqual(2);
    expect(gate.looksAt("grpc").length).toBeGreaterThan(40);
  });
});

describe("an open gate", () => {
  it("looks at every target once an interval, at those that are not required too", async () => {
    const gate = watchOf({ targets: [httpTarget(), rcloneTarget()], policy: { intervalMs: 1000 } });
    gate.serve(9000, "ready");
    await gate.pass(100);
    expect(gate.keeper.state().isOpen).toBe(true);
    const before = { http: gate.looksAt("http").length, rclone: gate.looksAt("rclone").length };
    await gate.pass(10_000);
    for (const name of ["http", "rclone"] as const) {
      const count = gate.looksAt(name).length - before[name];
      expect(count).toBeGreaterThanOrEqual(9);
      expect(count).toBeLessThanOrEqual(11);
    }
  });

  it("closes after the threshold, tries again with back-off, and opens at the first answer", async () => {
    const gate = watchOf({ policy: { intervalMs: 1000, failureThreshold: 3 } });
    gate.serve(9000, "ready");
    gate.serve(9500, "ready");
    await gate.pass(100);
    gate.serve(9000, "error");
    await gate.pass(1900);
    expect(gate.keeper.state().targets[0]?.suspicion).toMatchObject({ code: "ERRORING", looks: 1 });
    expect(gate.keeper.state().isOpen).toBe(true);
    await gate.pass(2000);
    expect(gate.keeper.state().isOpen).toBe(false);
    const before = gate.looksAt("http").length;
    await gate.pass(1000);
    expect(gate.looksAt("http").length - before).toBeGreaterThan(8);
    gate.serve(9000, "ready");
    await gate.pass(110);
    expect(gate.keeper.state().isOpen).toBe(true);
  });
});

it("models are asked for until the gate opens, and never again", async () => {
  const gate = watchOf({ targets: [httpTarget()], models: ["iris"], policy: { intervalMs: 1000 } });
  gate.serve(9000, "not-ready");
  await gate.pass(200);
  gate.serve(9000, "ready");
  await gate.pass(3000);
  const asked = gate.prober("http").asked.map(({ models }) => models.join());
  expect(gate.keeper.state().isOpen).toBe(true);
  expect(asked.lastIndexOf("iris")).toBe(asked.indexOf("") - 1);
  expect(asked.filter((models) => models === "").length).toBeGreaterThanOrEqual(2);
});

it("a stop does not wait for a look that is under way", async () => {
  const gate = watchOf({ policy: { probeTimeoutMs: 60_000 } });
  gate.serve(9000, "silence");
  await gate.pass(200);
  await gate.watch.stop();
  expect(gate.prober("http").last().isClosed()).toBe(true);
  expect(gate.keeper.state().targets[0]?.lastLook).toBeNull();
});

it("a stopped watch takes no more looks and closes its probers", async () => {
  const gate = watchOf();
  gate.serve(9000, "silence");
  await gate.pass(200);
  await gate.stop();
  const count = gate.looks.length;
  await gate.pass(5000);
  expect(gate.looks).toHaveLength(count);
  expect(gate.prober("http").isClosed()).toBe(true);
  expect(gate.prober("grpc").isClosed()).toBe(true);
});
