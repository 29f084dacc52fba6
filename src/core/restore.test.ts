import { describe, expect, it } from "vitest";
import {
  answered,
  httpTarget,
  listening,
  look,
  moment,
  POLICY,
  refused,
  remote,
  START,
  socket,
} from "../../test/support/looks.ts";
import {
  headLines,
  type LifeEvent,
  laterProcess,
  RECORDED_TARGETS,
  recordLife,
  SANDBOX,
} from "../../test/support/recorded-life.ts";
import { type GateState, onLook, phaseOf } from "./gate.ts";
import { parseJournal } from "./journal.ts";
import { lastKnown } from "./journal-state.ts";
import { readinessOf } from "./readiness.ts";
import { type Present, restoredGate } from "./restore.ts";
import type { TargetState } from "./target-state.ts";

/** HTTP from socket 101, gRPC from socket 102. */
const HTTP_UP: LifeEvent = {
  target: 0,
  look: look(answered("ready"), { atMs: 1000, listen: listening({ inode: 101 }) }),
};
const GRPC_UP: LifeEvent = {
  target: 1,
  look: look(answered("ready"), { atMs: 400, listen: listening({ inode: 102, port: 9500 }) }),
};
const OPENED = recordLife([{ target: 0, look: look(refused(), { atMs: 100 }) }, GRPC_UP, HTTP_UP]);
const SOCKETS = [socket({ inode: 101 }), socket({ inode: 102, port: 9500 }), socket({ inode: 7, port: 22 })];
/** A minute later by the wall clock; the new process has run for a quarter of a second. */
const NOW = laterProcess(60_000);
const PRESENT: Present = { targets: RECORDED_TARGETS, policy: POLICY, now: NOW, sandbox: SANDBOX, sockets: SOCKETS };

function restored(lines: readonly string[], present: Partial<Present> = {}): GateState | null {
  return restoredGate(lastKnown(parseJournal(lines.join("")).entries), { ...PRESENT, ...present });
}

function targetIn(state: GateState | null, name: string): TargetState {
  const found = state?.targets.find(({ target }) => target.name === name);
  if (found === undefined) throw new Error(`no target ${name}`);
  return found;
}

/** The gate begins again in all but the timeline. */
function expectClosed(state: GateState | null): void {
  expect(state).toMatchObject({ isOpen: false, openedAt: null, phaseSince: NOW });
  expect(state?.targets.filter(({ isReady }) => isReady)).toEqual([]);
}

describe("beside the same sockets in the same namespace", () => {
  it("an open gate goes on as if it had never stopped", () => {
    const state = restored(OPENED.lines);
    expect(state).toMatchObject({ isOpen: true, isStopping: false, policy: POLICY });
    expect(state?.targets.map(({ target, isReady }) => [target.name, isReady])).toEqual([
      ["http", true],
      ["grpc", true],
      ["rclone", false],
    ]);
    expect(targetIn(state, "http")).toMatchObject({
      verdict: { code: "READY", remedy: expect.any(String) },
      lastLook: null,
    });
  });

  it("it is ready at once, and not stale", () => {
    const state = restored(OPENED.lines);
    if (state === null) throw new Error("nothing was restored");
    expect(readinessOf(state, NOW)).toMatchObject({ isReady: true, isStale: false });
  });

  it("moments are carried over to the new monotonic clock, by how long nobody watched", () => {
    const state = restored(OPENED.lines);
    // The last line is of second 1, a minute ago less that second: 59 s before the new process's 250 ms.
    expect(state?.startedAt).toEqual({ wallMs: START.wallMs, monotonicMs: 250 - 60_000 });
    expect(state?.openedAt).toEqual({ ...moment(1000), monotonicMs: 250 - 59_000 });
    const { memory, verdict } = targetIn(state, "grpc");
    const at400 = { ...moment(400), monotonicMs: 250 - 59_600 };
    expect(memory).toMatchObject({ attempts: 1, sockets: [{ inode: 102, since: at400 }], timeline: { ready: at400 } });
    expect(verdict.since).toEqual(at400);
  });

  it("a wall clock that was set back makes nothing lie in the future", () => {
    const state = restored(OPENED.lines, { now: laterProcess(-3_600_000) });
    expect(state?.openedAt?.monotonicMs).toBe(250);
    expect(state?.startedAt.monotonicMs).toBe(-750);
  });

  it("a server that falls silent is still told apart from one that starts", () => {
    expect(targetIn(restored(OPENED.lines), "http").memory.hasAnsweredFromSocket).toBe(true);
  });

  it("the first look that fails is counted, not believed at once", () => {
    const state = restored(OPENED.lines);
    if (state === null) throw new Error("nothing was restored");
    const step = onLook(state, "http", look(answered("error"), { listen: listening({ inode: 101 }) }));
    expect(step.state.isOpen).toBe(true);
    expect(targetIn(step.state, "http").suspicion).toMatchObject({ code: "ERRORING", looks: 1 });
  });

  it("a lost gate stays lost, and remembers that it was open", () => {
    const failing = [2, 3, 4].map((second) => {
      return { target: 0, look: look(answered("error"), { atMs: second * 1000, listen: listening({ inode: 101 }) }) };
    });
    const state = restored(recordLife([GRPC_UP, HTTP_UP, ...failing]).lines);
    expect(state).toMatchObject({ isOpen: false, openedAt: { wallMs: moment(1000).wallMs } });
    expect(state && phaseOf(state)).toBe("lost");
  });

  it("a gate that was stopped while it was open is open again", () => {
    const stopped = headLines({ ...OPENED.state, isStopping: true }, "checkpoint", { takenAt: moment(30_000) });
    expect(restored([...OPENED.lines, ...stopped])).toMatchObject({ isOpen: true, isStopping: false, phaseSince: NOW });
  });

  it("further sockets on the port, or another for a target that is not required, close nothing", () => {
    expect(restored(OPENED.lines, { sockets: [...SOCKETS, socket({ inode: 555 })] })?.isOpen).toBe(true);
    const rclone = {
      target: 2,
      look: look(answered("ready"), { atMs: 500, listen: listening({ inode: 103, port: 5572 }) }),
    };
    const state = restored(recordLife([rclone, GRPC_UP, HTTP_UP]).lines);
    expect(state?.isOpen).toBe(true);
    expect(targetIn(state, "rclone")).toMatchObject({ isReady: false, memory: { timeline: { lost: NOW } } });
  });

  it("a required target of another namespace goes on beside one that is proven, but not alone", () => {
    const far: LifeEvent = { target: 1, look: look(remote(answered("ready")), { atMs: 400 }) };
    const state = restored(recordLife([far, HTTP_UP]).lines);
    expect(state?.isOpen).toBe(true);
    expect(targetIn(state, "grpc").isReady).toBe(true);
    const both = recordLife([far, { target: 0, look: look(remote(answered("ready")), { atMs: 1000 }) }]);
    expect(both.state.isOpen).toBe(true);
    expectClosed(restored(both.lines));
  });
});

describe("a gate that was open starts closed, as if it had never been open, and keeps the timeline", () => {
  it.each<[string, Partial<Present>]>([
    [
      "when a required target has another socket",
      { sockets: [socket({ inode: 201 }), socket({ inode: 102, port: 9500 })] },
    ],
    ["when a required target has none", { sockets: [socket({ inode: 101 })] }],
    [
      "when the socket of that inode is on another port",
      { sockets: [socket({ inode: 101, port: 9001 }), socket({ inode: 102, port: 9500 })] },
    ],
    ["when there is no table", { sockets: null }],
    ["when another demand is made of the start", { policy: { ...POLICY, openOn: "live" } }],
    ["when another demand is made once ready", { policy: { ...POLICY, afterReady: "ready" } }],
  ])("%s", (_, present) => {
    const state = restored(OPENED.lines, present);
    expectClosed(state);
    expect(state?.startedAt.wallMs).toBe(START.wallMs);
    const { memory, verdict, lastLookedAt } = targetIn(state, "http");
    expect(memory).toMatchObject({ attempts: 2, errors: { ECONNREFUSED: 1 }, lastInodes: [101] });
    expect(memory.timeline).toMatchObject({ ready: { wallMs: moment(1000).wallMs }, lost: NOW });
    expect({ code: verdict.code, lastLookedAt }).toEqual({ code: "UNKNOWN", lastLookedAt: NOW });
  });

  it("when a required target is new, has another URL, or was never seen bound", () => {
    const [http, grpc, rclone] = RECORDED_TARGETS;
    const fresh = { ...http, name: "other" };
    const state = restored(OPENED.lines, { targets: [http, grpc, fresh] });
    expectClosed(state);
    expect(targetIn(state, "other")).toMatchObject({ memory: { attempts: 0 }, lastLookedAt: NOW });
    expectClosed(restored(OPENED.lines, { targets: [{ ...http, url: `${http.url}?x` }, grpc, rclone] }));
    const noTable = recordLife([
      GRPC_UP,
      { target: 0, look: look(answered("ready"), { listen: { isKnown: false, reason: "no-table" } }) },
    ]);
    expect(noTable.state.isOpen).toBe(true);
    expectClosed(restored(noTable.lines));
  });

  it("and the next socket counts as a restart of the server", () => {
    const state = restored(OPENED.lines, { sockets: [socket({ inode: 201 })] });
    if (state === null) throw new Error("nothing was restored");
    const seen = look(answered("not-ready"), { listen: listening({ inode: 201 }) });
    expect(targetIn(onLook(state, "http", seen).state, "http").memory).toMatchObject({ restarts: 1 });
  });
});

describe("a gate that had never been open", () => {
  const starting = recordLife([{ target: 0, look: look(refused(), { atMs: 100 }) }, GRPC_UP]);

  it("goes on with its start: the verdicts, and the time since the first one", () => {
    const state = restored(starting.lines, { sockets: SOCKETS.slice(1) });
    expect(state).toMatchObject({ isOpen: false, openedAt: null, startedAt: { wallMs: START.wallMs } });
    expect(state?.phaseSince.wallMs).toBe(START.wallMs);
    expect(targetIn(state, "http").verdict).toMatchObject({
      code: "NOT_LISTENING",
      since: { wallMs: moment(100).wallMs },
    });
    expect(targetIn(state, "grpc").isReady).toBe(true);
  });

  it("takes a target that was ready for ready only beside the same socket", () => {
    expect(targetIn(restored(starting.lines, { sockets: [] }), "grpc").isReady).toBe(false);
  });

  it("opens with the look that was still missing", () => {
    const state = restored(starting.lines);
    if (state === null) throw new Error("nothing was restored");
    expect(onLook(state, "http", look(answered("ready"))).state.isOpen).toBe(true);
  });
});

describe("a gate begins anew", () => {
  it.each<[string, Partial<Present>]>([
    ["in another network namespace", { sandbox: { ...SANDBOX, netns: 1 } }],
    ["after a boot of the node", { sandbox: { ...SANDBOX, bootId: "another" } }],
    ["where its namespace cannot be told", { sandbox: { ...SANDBOX, netns: null } }],
    ["with targets of which the journal knows none", { targets: [httpTarget({ name: "new" })] }],
  ])("%s", (_, present) => {
    expect(restored(OPENED.lines, present)).toBeNull();
  });

  it("without a journal, or with one that cannot be read", () => {
    expect(restored([])).toBeNull();
    expect(restored(["no line of a journal\n"])).toBeNull();
    expect(restored(OPENED.lines.slice(4))).toBeNull();
  });

  it("where neither process could tell its namespace", () => {
    const lines = OPENED.lines.map((line) => line.replace(`"netns":${SANDBOX.netns}`, '"netns":null'));
    expect(restored(lines, { sandbox: { ...SANDBOX, netns: null } })).toBeNull();
  });
});
