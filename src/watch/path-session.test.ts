import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type FakeQuestion, fakeProber, fakeTable } from "../../test/support/fake-prober.ts";
import { manualClock } from "../../test/support/fake-view.ts";
import { grpcTarget, httpTarget, rcloneTarget, socket } from "../../test/support/looks.ts";
import type { ListeningSocket, PathLook } from "../core/observation.ts";
import { ACCEPT_BUDGET, newAcceptLedger } from "./accept-ledger.ts";
import { newPathSession, type PathQuestion, type SessionParts } from "./path-session.ts";

const LOOK_MS = 1000;

interface SessionOptions extends Partial<Omit<SessionParts, "table" | "prober">> {
  readonly sockets?: readonly ListeningSocket[] | null;
  readonly connections?: number;
  readonly script?: (question: FakeQuestion) => void;
}

/** A session on a port that is bound, before a server that does what `script` says. */
function sessionOf({ sockets = [socket()], connections = 1, script, ...overrides }: SessionOptions = {}) {
  const clock = manualClock();
  const table = fakeTable(sockets);
  const prober = fakeProber(script, connections);
  const ledger = overrides.ledger ?? newAcceptLedger();
  let late = 0;
  const session = newPathSession({
    clock,
    table,
    ledger,
    prober,
    target: httpTarget(),
    address: "127.0.0.1",
    isLocal: true,
    isEphemeralPort: false,
    onLateAnswer: () => {
      late += 1;
    },
    ...overrides,
  });
  /** One look that lasts to its deadline unless something concludes it. */
  const look = async (overrides: Partial<PathQuestion> = {}): Promise<PathLook> => {
    const question = { sockets: table.current(), models: [], withinMs: LOOK_MS, ...overrides };
    const looking = session.look(question);
    await nextTurn();
    clock.advance(question.withinMs);
    return await looking;
  };
  const show = (...shown: readonly Partial<ListeningSocket>[]) => table.show(shown.map(socket));
  return { session, clock, table, prober, ledger, look, show, late: () => late };
}

const accept = (question: FakeQuestion) => question.accept();

describe("a question to a silent server", () => {
  it("stays out over any number of looks, each of which tells a silence", async () => {
    const { look, show, prober } = sessionOf({ script: accept });
    for (let count = 0; count < 20; count += 1) {
      const path = await look();
      show({ acceptQueue: 1 });
      expect(path).toMatchObject({ connect: { outcome: "ok" }, answer: { kind: "silence" }, skipped: null });
    }
    expect(prober.asked).toHaveLength(1);
    expect(prober.last().isClosed()).toBe(false);
  });

  it("rings when its answer comes between two looks, and gives it to the next", async () => {
    const { look, show, prober, late } = sessionOf({ script: accept });
    await look();
    show({ acceptQueue: 1 });
    prober.last().answer("ready");
    await nextTurn();
    expect(late()).toBe(1);
    expect((await look()).answer?.kind).toBe("ready");
    expect(prober.asked).toHaveLength(1);
  });

  it("does not ring for an answer that a look waits for", async () => {
    const { look, late } = sessionOf({ script: (question) => question.answer() });
    await look();
    await nextTurn();
    expect(late()).toBe(0);
  });

  it("is renewed over a new connection when the queue has emptied without an answer", async () => {
    const { look, show, prober } = sessionOf({ script: accept });
    await look();
    show({ acceptQueue: 0 });
    await look();
    expect(prober.asked).toHaveLength(2);
    expect(prober.asked[0]?.isClosed()).toBe(true);
    expect(prober.renewals()).toBe(1);
  });

  it("is renewed at once when another socket is bound", async () => {
    const { look, show, prober } = sessionOf({ script: accept });
    await look();
    show({ inode: 102, acceptQueue: 1 });
    await look();
    expect(prober.asked).toHaveLength(2);
  });

  it("stays out when a further socket joins the port", async () => {
    const { look, show, prober } = sessionOf({ script: accept });
    await look();
    show({ inode: 101, acceptQueue: 1 }, { inode: 102 });
    await look();
    expect(prober.asked).toHaveLength(1);
  });

  it("is renewed every 30 s, until the budget of the queue is used up", async () => {
    const { look, show, prober, clock } = sessionOf({ script: accept });
    const askedAt: number[] = [];
    for (let count = 0; count < 300; count += 1) {
      const before = prober.asked.length;
      const atMs = clock.now().monotonicMs;
      await look();
      show({ acceptQueue: prober.asked.length });
      if (prober.asked.length > before) askedAt.push(atMs);
    }
    expect(askedAt).toEqual([0, 30_000, 60_000, 90_000]);
    expect(prober.last().isClosed()).toBe(false);
  });

  it("of two connections is renewed once, since a third pair would be over the budget", async () => {
    const { look, show, prober } = sessionOf({ script: accept, connections: 2, target: grpcTarget({ port: 9000 }) });
    for (let count = 0; count < 150; count += 1) {
      await look();
      show({ acceptQueue: prober.asked.length * 2 });
    }
    expect(prober.asked).toHaveLength(2);
  });

  it("is renewed within the budget where no table tells of the queue", async () => {
    const { look, prober } = sessionOf({ script: accept, sockets: null });
    for (let count = 0; count < 300; count += 1) await look();
    expect(prober.asked).toHaveLength(ACCEPT_BUDGET);
  });

  it("stays out to a server of another namespace, of which the table says nothing", async () => {
    const { look, prober } = sessionOf({ script: accept, sockets: [], isLocal: false, address: "10.42.0.9" });
    for (let count = 0; count < 20; count += 1) expect((await look()).answer?.kind).toBe("silence");
    expect(prober.asked).toHaveLength(1);
  });

  it("may be renewed again after the server has accepted what waited", async () => {
    const { look, show, prober } = sessionOf({ script: accept });
    for (let count = 0; count < 125; count += 1) {
      await look();
      show({ acceptQueue: prober.asked.length });
    }
    expect(prober.asked).toHaveLength(ACCEPT_BUDGET);
    show({ acceptQueue: 0 });
    await look();
    expect(prober.asked).toHaveLength(ACCEPT_BUDGET + 1);
  });

  it("waits for its answer no longer than the look may take", async () => {
    const { look, clock } = sessionOf({ script: accept });
    await look({ withinMs: 300 });
    expect(clock.now().monotonicMs).toBe(300);
  });
});

describe("the budget of a server's accept queue", () => {
  it("keeps a session from connecting while others on the port have used it up", async () => {
    const ledger = newAcceptLedger();
    ledger.arrived(ledger.opened(9000, ACCEPT_BUDGET));
    const { look, prober } = sessionOf({ ledger, sockets: [socket({ acceptQueue: ACCEPT_BUDGET })] });
    expect(await look()).toMatchObject({ skipped: "accept-queue", connect: null, answer: null });
    expect(prober.asked).toHaveLength(0);
  });

  it("is free again once the row shows that the server has accepted", async () => {
    const ledger = newAcceptLedger();
    ledger.arrived(ledger.opened(9000, ACCEPT_BUDGET));
    const { look, prober } = sessionOf({ ledger, sockets: [socket({ acceptQueue: 0 })] });
    await look();
    expect(prober.asked).toHaveLength(1);
  });

  it("does not mind the connections of others that wait", async () => {
    const { look, prober } = sessionOf({ sockets: [socket({ acceptQueue: 100 })] });
    await look();
    expect(prober.asked).toHaveLength(1);
  });

  it("counts the queues of all sockets on the port", async () => {
    const ledger = newAcceptLedger();
    ledger.arrived(ledger.opened(9000, ACCEPT_BUDGET));
    const sockets = [socket({ inode: 1, acceptQueue: 2 }), socket({ inode: 2, acceptQueue: 2 })];
    const { look } = sessionOf({ ledger, sockets });
    expect((await look()).skipped).toBe("accept-queue");
  });

  it("goes on with what the last look saw while no connection may be opened: a TCP target stays ready", async () => {
    const target = rcloneTarget();
    const waiting = { port: target.port };
    const { look, show, prober } = sessionOf({
      target,
      sockets: [socket(waiting)],
      script: (question) => question.answer(),
    });
    for (let count = 0; count < 20; count += 1) {
      expect((await look()).answer?.kind).toBe("ready");
      show({ ...waiting, acceptQueue: prober.asked.length });
    }
    expect(prober.asked).toHaveLength(ACCEPT_BUDGET);
    expect((await look()).skipped).toBe("accept-queue");
  });

  it("is not used by connections that were refused", async () => {
    const { look, prober, ledger } = sessionOf({ script: (question) => question.refuse() });
    for (let count = 0; count < 20; count += 1) await look();
    expect(prober.asked).toHaveLength(20);
    expect(ledger.pending(9000)).toBe(0);
  });

  it("is used by a connection that waits, though a later one failed", async () => {
    const script = (question: FakeQuestion) => question.failLater();
    const { look, show, prober } = sessionOf({ target: grpcTarget({ port: 9000 }), script, connections: 2 });
    for (let count = 0; count < 20; count += 1) {
      await look();
      show({ acceptQueue: prober.asked.length });
    }
    expect(prober.asked).toHaveLength(ACCEPT_BUDGET - 1);
    expect((await look()).skipped).toBe("accept-queue");
    show({ acceptQueue: 0 });
    expect((await look()).skipped).toBeNull();
  });

  it("is not used for good by such connections where no table tells of the queue", async () => {
    const script = (question: FakeQuestion) => question.failLater();
    const { look, prober } = sessionOf({ script, connections: 2, sockets: null });
    for (let count = 0; count < 20; count += 1) await look();
    expect(prober.asked).toHaveLength(20);
  });

  it("is free after an answer over HTTP, which shows that all before it were accepted", async () => {
    const { look, ledger } = sessionOf({ script: (question) => question.answer() });
    ledger.arrived(ledger.opened(9000, 2));
    await look();
    expect(ledger.pending(9000)).toBe(0);
  });

  it("is not freed by connections to another port", async () => {
    const { look, ledger } = sessionOf({ script: (question) => question.answer() });
    ledger.arrived(ledger.opened(9500, 2));
    await look();
    expect(ledger.pending(9500)).toBe(2);
  });

  it("is not overrun by sessions that ask in the same moment, before any connection is in the queue", async () => {
    const ledger = newAcceptLedger();
    const target = grpcTarget({ port: 9000 });
    const sessions = Array.from({ length: 4 }, () =>
      sessionOf({ ledger, target, script: accept, connections: 2, sockets: [socket({ acceptQueue: 0 })] }),
    );
    await Promise.all(sessions.map(({ look }) => look()));
    const opened = sessions.reduce((sum, { prober }) => sum + 2 * prober.asked.length, 0);
    expect(opened).toBeLessThanOrEqual(ACCEPT_BUDGET);
  });
});

describe("a connect", () => {
  it("that is refused ends the look at once", async () => {
    const { session, table, prober } = sessionOf({ script: (question) => question.refuse() });
    const path = await session.look({ sockets: table.current(), models: [], withinMs: LOOK_MS });
    expect(path).toMatchObject({ connect: { outcome: "refused" }, answer: null, skipped: null });
    expect(prober.last().isClosed()).toBe(true);
  });

  it("that fails otherwise is told as it is", async () => {
    const { look } = sessionOf({ script: (question) => question.fail() });
    expect((await look()).connect?.outcome).toBe("unreachable");
  });

  it("that fails after one that succeeded is told as it is, without an answer, and at once", async () => {
    const { session, table, prober } = sessionOf({ script: (question) => question.failLater(), connections: 2 });
    const path = await session.look({ sockets: table.current(), models: [], withinMs: LOOK_MS });
    expect(path).toMatchObject({ connect: { outcome: "unavailable", errno: "EADDRNOTAVAIL" }, answer: null });
    expect(prober.last().isClosed()).toBe(true);
  });

  it("that fails after looks that told a silence rings, and is told by the next", async () => {
    const { look, show, prober, late } = sessionOf({ script: accept, connections: 2 });
    expect((await look()).answer?.kind).toBe("silence");
    show({ acceptQueue: 1 });
    prober.last().failLater();
    await nextTurn();
    expect(late()).toBe(1);
    expect(await look()).toMatchObject({ connect: { outcome: "unavailable" }, answer: null });
  });

  it("that hangs to the deadline is a time-out, and is given up", async () => {
    const { look, prober, ledger } = sessionOf();
    expect(await look()).toMatchObject({
      connect: { outcome: "timeout", errno: "DEADLINE", ms: LOOK_MS },
      answer: null,
    });
    expect(prober.last().isClosed()).toBe(true);
    await look();
    expect(prober.asked).toHaveLength(2);
    expect(ledger.pending(9000)).toBe(0);
  });
});

describe("an answer", () => {
  it("ends its question: the next look asks anew, with the models of that look", async () => {
    const { look, prober } = sessionOf({ script: (question) => question.answer() });
    await look({ models: ["a"] });
    await look({ models: ["a", "b"] });
    expect(prober.asked.map(({ models }) => models)).toEqual([["a"], ["a", "b"]]);
    expect(prober.asked.every((question) => question.isClosed())).toBe(true);
  });
});

describe("a port that the table shows closed", () => {
  const closed = { sockets: [], script: (question: FakeQuestion) => question.refuse() };

  it("is tried every 400 ms, and told as refused in between", async () => {
    const { look, prober } = sessionOf(closed);
    for (let ms = 0; ms < 2000; ms += 50) {
      const path = await look({ withinMs: 50 });
      expect(path.connect?.outcome).toBe("refused");
      expect(path.skipped).toBe(ms % 400 === 0 ? null : "not-listening");
    }
    expect(prober.asked).toHaveLength(5);
  });

  it("is tried at once when a socket appears", async () => {
    const { look, show, prober } = sessionOf(closed);
    await look({ withinMs: 50 });
    show({});
    await look({ withinMs: 50 });
    expect(prober.asked).toHaveLength(2);
  });

  it("is tried in each look while something else than a refusal came back", async () => {
    const { look, prober } = sessionOf({ sockets: [], script: (question) => question.fail() });
    for (let count = 0; count < 5; count += 1) await look({ withinMs: 50 });
    expect(prober.asked).toHaveLength(5);
  });

  it("counts as closed when the only socket is bound to another address", async () => {
    const sockets = [socket({ address: "127.0.0.2" })];
    const { look } = sessionOf({ ...closed, sockets });
    await look({ withinMs: 50 });
    expect((await look({ withinMs: 50 })).skipped).toBe("not-listening");
  });

  it("is never connected to inside the ephemeral range, where a connect could reach itself", async () => {
    const { look, prober, show } = sessionOf({ ...closed, isEphemeralPort: true });
    for (let count = 0; count < 50; count += 1) {
      expect(await look()).toMatchObject({ skipped: "ephemeral-port", connect: null, answer: null });
    }
    expect(prober.asked).toHaveLength(0);
    show({});
    await look();
    expect(prober.asked).toHaveLength(1);
  });

  it("is tried in each look where the address is another namespace's, of which the table says nothing", async () => {
    const { look, prober } = sessionOf({ ...closed, isLocal: false, address: "10.42.0.9" });
    for (let count = 0; count < 5; count += 1) await look({ withinMs: 50 });
    expect(prober.asked).toHaveLength(5);
  });
});

it("closing a session gives up its question and its prober", async () => {
  const { look, session, prober } = sessionOf({ script: accept });
  await look();
  session.close();
  expect(prober.last().isClosed()).toBe(true);
  expect(prober.isClosed()).toBe(true);
});
