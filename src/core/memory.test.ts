import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  answered,
  at,
  failed,
  listening,
  look,
  moment,
  NO_TABLE,
  refused,
  silent,
  skipped,
  socket,
  unbound,
  unresolved,
} from "../../test/support/looks.ts";
import { ERROR_CODES_KEPT, type Memory, NO_MEMORY, RESTARTS_KEPT, rememberLook, rememberSockets } from "./memory.ts";
import type { Look } from "./observation.ts";

function remembered(...looks: readonly Look[]): Memory {
  return looks.reduce(rememberLook, NO_MEMORY);
}

/** Reads sets of sockets, one a second. */
function readings(...sets: readonly (readonly number[])[]): Memory {
  return sets.reduce<Memory>((memory, inodes, index) => {
    const sockets = inodes.map((inode) => socket({ inode }));
    return rememberSockets(memory, sockets, moment(1000 * (index + 1)));
  }, NO_MEMORY);
}

describe("restarts", () => {
  it.each([
    ["a first bind", [[1]], 0],
    ["the same socket", [[1], [1]], 0],
    ["another socket", [[1], [2]], 1],
    ["another socket after a gap", [[1], [], [2]], 1],
    ["the same socket after a reading that missed it", [[1], [], [1]], 0],
    ["a crash loop", [[1], [], [2], [], [3], [4]], 3],
    ["one more socket of a SO_REUSEPORT set", [[1], [1, 2]], 0],
    ["one socket fewer", [[1, 2], [2]], 0],
    [
      "a set replaced one by one",
      [
        [1, 2],
        [2, 3],
        [3, 4],
      ],
      0,
    ],
    [
      "a set replaced as a whole",
      [
        [1, 2],
        [3, 4],
      ],
      1,
    ],
  ] as const)("counts %s", (_what, sets, restarts) => {
    expect(readings(...sets)).toMatchObject({ restarts, restartedAt: { length: restarts } });
  });

  it("keeps the time of each, the latest ones when there are many", () => {
    expect(readings([1], [2], [3]).restartedAt).toEqual([moment(2000), moment(3000)]);
    const many = readings(...Array.from({ length: 40 }, (_, index) => [index + 1]));
    expect(many.restarts).toBe(39);
    expect(many.restartedAt).toHaveLength(RESTARTS_KEPT);
    expect(many.restartedAt.at(-1)).toEqual(moment(40_000));
  });
});

describe("sockets on the port", () => {
  it("keep the moment at which each was first seen", () => {
    const memory = readings([1], [1, 2], [2]);
    expect(memory.sockets).toEqual([{ ...socket({ inode: 2 }), since: moment(2000) }]);
    expect(memory.timeline.listening).toEqual(moment(1000));
  });

  it("are forgotten when they are gone, but for their inodes", () => {
    expect(readings([1, 2], [])).toMatchObject({ sockets: [], lastInodes: [1, 2] });
  });

  it("are dated by the end of a look, which reads them last", () => {
    const memory = remembered(look(silent(), { atMs: 1500, tookMs: 1000 }));
    expect(memory.sockets).toMatchObject([{ since: moment(1500) }]);
  });

  it("are left as they are by a look without a table", () => {
    const memory = remembered(look(silent(), { atMs: 1 }), look(silent(), { atMs: 2, listen: NO_TABLE }));
    expect(memory.sockets).toHaveLength(1);
  });
});

describe("hasAnsweredFromSocket", () => {
  it.each(["ready", "not-ready", "other", "no-such-endpoint", "error"] as const)("is set by the answer %s", (kind) => {
    expect(remembered(look(answered(kind))).hasAnsweredFromSocket).toBe(true);
  });

  it.each(["wrong-protocol", "tls", "closed", "silence"] as const)("is not set by %s", (kind) => {
    expect(remembered(look(answered(kind))).hasAnsweredFromSocket).toBe(false);
  });

  const ready = look(answered("ready"), { atMs: 1 });

  it.each([
    ["silence from the same socket", look(silent()), true],
    ["a time-out", look(failed("timeout"), { listen: listening() }), true],
    ["a queue that is not empty", look(skipped("accept-queue")), true],
    ["a name that does not resolve", unresolved(), true],
    ["no socket", look(refused()), false],
    ["another socket", look(silent(), { listen: listening({ inode: 2 }) }), false],
    ["a refusal without a table", look(refused(), { listen: NO_TABLE }), false],
    ["a refusal on one of two addresses", look([refused(), at("::1", silent())], { listen: NO_TABLE }), true],
  ])("after %s", (_what, next, is) => {
    expect(remembered(ready, next).hasAnsweredFromSocket).toBe(is);
  });

  it("is set anew by an answer of the new socket in the same look", () => {
    const next = look(answered("ready"), { listen: listening({ inode: 2 }) });
    expect(remembered(ready, next)).toMatchObject({ hasAnsweredFromSocket: true, restarts: 1 });
  });
});

describe("the timeline", () => {
  it("dates each point by the look that first showed it", () => {
    const memory = remembered(
      look(refused(), { atMs: 100 }),
      look(silent(), { atMs: 1200, tookMs: 1000 }),
      look(answered("not-ready"), { atMs: 2000 }),
      look(answered("ready", { modelsPending: ["iris"] }), { atMs: 3000 }),
      look(answered("ready"), { atMs: 4000 }),
      look(answered("ready"), { atMs: 5000 }),
    );
    expect(memory.timeline).toEqual({
      firstProbe: moment(99),
      listening: moment(1200),
      connected: moment(1200),
      answered: moment(2000),
      ready: moment(4000),
      lost: null,
      back: null,
    });
  });

  it("dates a connect by its own time, though its look went on", () => {
    const slow = look(silent(), { atMs: 1500, tookMs: 1000 });
    expect(remembered({ ...slow, listen: NO_TABLE }).timeline.connected).toEqual(moment(500.25));
    const bound = rememberSockets(NO_MEMORY, [socket()], moment(400));
    expect(rememberLook(bound, slow).timeline).toMatchObject({ listening: moment(400), connected: moment(500.25) });
  });

  it("never dates a connect before the bind", () => {
    const bound = rememberSockets(NO_MEMORY, [socket()], moment(525));
    expect(rememberLook(bound, look(silent(), { atMs: 1500, tookMs: 1000 })).timeline.connected).toEqual(moment(525));
  });

  it("dates a connect within its look, whatever it claims to have taken", () => {
    const odd = answered("ready");
    const late = { ...odd, connect: { outcome: "ok", errno: null, refusedBy: null, ms: 99_999 } } as const;
    expect(remembered(look(late, { atMs: 1000, listen: NO_TABLE })).timeline.connected).toEqual(moment(1000));
  });

  it("pays no heed to paths that are there for evidence", () => {
    const memory = remembered(look([refused(), at("10.42.1.7", answered("ready"), { role: "evidence" })]));
    expect(memory.timeline).toMatchObject({ connected: null, answered: null, ready: null });
  });

  it("knows of a bind from readings between looks", () => {
    expect(readings([], [1]).timeline).toMatchObject({ firstProbe: null, listening: moment(2000) });
  });
});

describe("errors", () => {
  it.each([
    ["a name that does not resolve", unresolved("EAI_AGAIN"), "resolve", "EAI_AGAIN"],
    ["a refusal", look(refused()), "connect", "ECONNREFUSED"],
    ["a deadline", look(failed("timeout")), "connect", "DEADLINE"],
    ["a failure without errno", look(failed("timeout", { errno: null })), "connect", "timeout"],
    ["silence", look(silent()), "protocol", "DEADLINE"],
    ["an error of the server", look(answered("error")), "protocol", "HTTP_500"],
    ["a server that is not ready", look(answered("not-ready")), "readiness", "HTTP_400"],
    ["a model that is not", look(answered("ready", { modelsPending: ["iris"] })), "readiness", "HTTP_200"],
  ])("are counted by code: %s", (_what, seen, layer, code) => {
    const memory = remembered(seen, seen);
    expect(memory.errors).toEqual({ [code]: 2 });
    expect(memory.lastError).toMatchObject({ layer, code, at: seen.ended });
  });

  it("are not made of a look that is ready on any address", () => {
    const memory = remembered(look([refused(), at("::1", answered("ready"))]));
    expect(memory).toMatchObject({ errors: {}, lastError: null, attempts: 1 });
  });

  it("stay as they were after a look that is ready", () => {
    const memory = remembered(look(refused(), { atMs: 1 }), look(answered("ready")));
    expect(memory).toMatchObject({ errors: { ECONNREFUSED: 1 }, lastError: { code: "ECONNREFUSED" }, attempts: 2 });
  });

  it("are kept under OTHER past a bounded number of codes", () => {
    const codes = Array.from({ length: 40 }, (_, index) => look(answered("error", { code: `HTTP_${500 + index}` })));
    const { errors } = remembered(...codes);
    expect(Object.keys(errors)).toHaveLength(ERROR_CODES_KEPT + 1);
    expect(errors["OTHER"]).toBe(40 - ERROR_CODES_KEPT);
  });

  it("are whole numbers that add up, whatever the codes are called", () => {
    const code = fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "toString", "OTHER"));
    fc.assert(
      fc.property(fc.array(code, { maxLength: 60 }), (codes) => {
        const { errors } = remembered(...codes.map((one) => look(answered("error", { code: one }))));
        expect(Object.values(errors).reduce((sum, count) => sum + count, 0)).toBe(codes.length);
      }),
    );
  });

  it("count looks that were evidence", () => {
    expect(remembered(look(refused()), look(skipped("accept-queue"), { listen: unbound() })).attempts).toBe(2);
  });
});
