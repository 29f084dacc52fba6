import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import type { FakeQuestion } from "../../test/support/fake-prober.ts";
import { httpTarget, socket } from "../../test/support/looks.ts";
import { type FakeLookOptions, type FakeServer, fakeLookParts, resolvedTo } from "../../test/support/watch-parts.ts";
import type { Look } from "../core/observation.ts";
import type { Target } from "../core/target.ts";
import { newLooker } from "./looker.ts";

const answer = (question: FakeQuestion) => question.answer();
const accept = (question: FakeQuestion) => question.accept();
const refuse = (question: FakeQuestion) => question.refuse();

interface LookerOptions extends FakeLookOptions {
  readonly server?: FakeServer;
  readonly target?: Target;
}

function lookerOf({ server, target = httpTarget(), ...overrides }: LookerOptions = {}) {
  const parts = fakeLookParts(server, overrides);
  const looker = newLooker(target, parts, () => {});
  /** One look; the clock goes on to its deadline. */
  const look = async (withinMs = 1000): Promise<Look> => {
    const looking = looker.look([], withinMs);
    await nextTurn();
    parts.clock.advance(withinMs);
    return await looking;
  };
  return { ...parts, looker, look };
}

describe("a look", () => {
  it("tells its begin, its end, and the sockets on the port with the other ports that listen", async () => {
    const { look, table } = lookerOf({ server: accept });
    const ports = [9000, 8080, 8081, 8080];
    table.show(ports.map((port, inode) => socket({ port, inode })));
    const seen = await look(300);
    expect([seen.began.monotonicMs, seen.ended.monotonicMs]).toEqual([0, 300]);
    expect(seen.listen).toMatchObject({ isKnown: true, sockets: [{ port: 9000, inode: 0 }], otherPorts: [8080, 8081] });
  });

  it("names no port on which the gate itself listens, or listened when the table was read", async () => {
    const seenByLook = [9000, 8080, 9020, 41_000].map((port) => socket({ port, inode: port }));
    const { look, table } = lookerOf({ server: answer, ownSockets: () => new Set([9020]) });
    table.show(seenByLook);
    // The canary on 41000 is closed by the time that the look is told.
    vi.spyOn(table, "fresh").mockReturnValue(seenByLook.slice(0, -1));
    expect((await look()).listen).toMatchObject({ isKnown: true, otherPorts: [8080] });
  });

  it("names 32 other ports at most", async () => {
    const { look, table } = lookerOf({ server: answer });
    table.show(Array.from({ length: 900 }, (_, index) => socket({ port: 10_000 - index, inode: index })));
    const { listen } = await look();
    const lowest = Array.from({ length: 32 }, (_, index) => 9101 + index);
    expect(listen.isKnown && listen.otherPorts).toEqual([...lowest]);
  });

  it("asks every address that the host stands for, at the same time", async () => {
    const { look, prober, table } = lookerOf({
      server: accept,
      resolver: { resolve: async () => resolvedTo("::1", "127.0.0.1") },
    });
    table.show([socket({ address: "::" })]);
    const seen = await look(300);
    expect(seen.ended.monotonicMs).toBe(300);
    expect(seen.paths.map(({ address, role }) => [address, role])).toEqual([
      ["::1", "target"],
      ["127.0.0.1", "target"],
    ]);
    expect(prober("http", "::1").asked).toHaveLength(1);
    expect(prober("http", "127.0.0.1").asked).toHaveLength(1);
  });

  it("gives up the question to an address that the host no longer stands for", async () => {
    const addresses = [["10.0.0.1"], ["10.0.0.2"]];
    const { look, prober } = lookerOf({
      server: accept,
      resolver: { resolve: async () => resolvedTo(...(addresses.shift() ?? [])) },
    });
    await look();
    await look();
    expect(prober("http", "10.0.0.1").last().isClosed()).toBe(true);
    expect(prober("http", "10.0.0.1").isClosed()).toBe(true);
    expect(prober("http", "10.0.0.2").last().isClosed()).toBe(false);
  });

  it("keeps its questions while the name cannot be looked up for a moment", async () => {
    const answers = [resolvedTo("10.0.0.1"), { resolution: { isResolved: false, code: "EAI_AGAIN" }, addresses: [] }];
    const { look, prober } = lookerOf({
      server: accept,
      resolver: { resolve: async () => answers.shift() ?? resolvedTo("10.0.0.1") },
    } as LookerOptions);
    await look();
    const failed = await look();
    expect(failed).toMatchObject({ resolution: { isResolved: false, code: "EAI_AGAIN" }, paths: [] });
    await look();
    expect(prober("http", "10.0.0.1").asked).toHaveLength(1);
  });

  it("leaves to its connects what the look-up has left of its time", async () => {
    const parts = fakeLookParts(accept, {
      resolver: {
        resolve: async (_host, withinMs) => {
          expect(withinMs).toBe(1000);
          parts.clock.advance(800);
          return resolvedTo("127.0.0.1");
        },
      },
    });
    parts.table.show([socket()]);
    const looking = newLooker(httpTarget(), parts, () => {}).look([], 1000);
    await nextTurn();
    parts.clock.advance(200);
    expect((await looking).ended.monotonicMs).toBe(1000);
  });

  it("says nothing of the table for addresses of another namespace", async () => {
    const { look, table } = lookerOf({ server: refuse, resolver: { resolve: async () => resolvedTo("10.0.0.1") } });
    table.show([socket()]);
    expect((await look()).listen).toEqual({ isKnown: false, reason: "remote" });
  });

  it.each([
    [40_000, "ephemeral-port", null],
    [40_500, null, "refused"],
  ])("connects to the closed port %d of the ephemeral range only if it is reserved", async (port, skipped, outcome) => {
    const { look } = lookerOf({ server: refuse, target: httpTarget({ port }) });
    const [path] = (await look()).paths;
    expect([path?.skipped, path?.connect?.outcome ?? null]).toEqual([skipped, outcome]);
  });

  it("says so where there is no table, and connects all the same", async () => {
    const { look, table } = lookerOf({ server: answer });
    table.show(null);
    const seen = await look();
    expect(seen.listen).toEqual({ isKnown: false, reason: "no-table" });
    expect(seen.paths[0]?.answer?.kind).toBe("ready");
  });

  it("tells by how much the gate's own loop was late", async () => {
    const { look, table } = lookerOf({ server: accept });
    table.show([socket()]);
    expect((await look()).stalledMs).toBe(0);
    const parts = fakeLookParts(answer);
    let lateMs = 0;
    const now = () => ({ monotonicMs: parts.clock.now().monotonicMs + lateMs, wallMs: 0 });
    const looking = newLooker(httpTarget(), { ...parts, clock: { ...parts.clock, now } }, () => {}).look([], 1000);
    lateMs = 5000;
    expect((await looking).stalledMs).toBeGreaterThan(4000);
  });
});

describe("a server that binds or closes its port during the look", () => {
  it("is asked once more when it was refused and a socket has appeared", async () => {
    let isBound = false;
    const parts = lookerOf({
      server: (question) => {
        if (isBound) return question.answer();
        isBound = true;
        parts.table.show([socket()]);
        question.refuse();
      },
    });
    const seen = await parts.look();
    expect(seen.paths[0]).toMatchObject({ connect: { outcome: "ok" }, answer: { kind: "ready" } });
    expect(seen.listen).toMatchObject({ isKnown: true, sockets: [{ port: 9000 }] });
    expect(parts.prober("http").asked).toHaveLength(2);
  });

  it("is asked once more when it was refused and its socket has gone", async () => {
    const parts = lookerOf({
      server: (question) => {
        parts.table.show([]);
        question.refuse();
      },
    });
    parts.table.show([socket()]);
    const seen = await parts.look();
    expect(seen.paths[0]?.connect?.outcome).toBe("refused");
    expect(seen.listen).toMatchObject({ isKnown: true, sockets: [] });
  });

  it("shows the socket that came with the answer, when it connected though nothing listened before", async () => {
    const parts = lookerOf({
      server: (question) => {
        parts.table.show([socket()]);
        question.answer();
      },
    });
    const seen = await parts.look();
    expect(seen.paths[0]?.answer?.kind).toBe("ready");
    expect(seen.listen).toMatchObject({ isKnown: true, sockets: [{ port: 9000 }] });
  });

  it("is asked twice at most, though it binds and closes all the time", async () => {
    let inode = 1;
    const parts = lookerOf({
      server: (question) => {
        inode += 1;
        parts.table.show([socket({ inode })]);
        question.refuse();
      },
    });
    parts.table.show([socket({ inode })]);
    await parts.look();
    expect(parts.prober("http").asked).toHaveLength(2);
  });

  it("is not asked again for what is settled: a refusal of a closed port, an answer of an open one", async () => {
    const closed = lookerOf({ server: refuse });
    await closed.look();
    expect(closed.prober("http").asked).toHaveLength(1);
    const open = lookerOf({ server: answer });
    open.table.show([socket()]);
    await open.look();
    expect(open.prober("http").asked).toHaveLength(1);
  });

  it("is not asked again when no time is left: a look that had none is no time-out of the server", async () => {
    let asked = 0;
    const parts = lookerOf({
      server: (question) => {
        asked += 1;
        if (asked === 1) question.accept();
      },
    });
    const looking = parts.looker.look([], 1000);
    await nextTurn();
    parts.table.show([socket()]);
    parts.clock.advance(1000);
    const seen = await looking;
    expect(seen.paths[0]?.connect?.outcome).toBe("ok");
    expect(asked).toBe(1);
  });
});

it("closing a looker gives up its questions", async () => {
  const { look, looker, prober, table } = lookerOf({ server: accept });
  table.show([socket()]);
  await look();
  looker.close();
  expect(prober("http").last().isClosed()).toBe(true);
});
