import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type GateState, newGate, onLook, onSockets, onStop, type Step } from "../../src/core/gate.ts";
import { parseJournal } from "../../src/core/journal.ts";
import { lastKnown } from "../../src/core/journal-state.ts";
import { newJournalRecorder } from "../../src/record/journal-recorder.ts";
import { fakeClock, folderOfTest } from "../support/journal-of-test.ts";
import { answered, httpTarget, listening, look, moment, POLICY, refused, START, socket } from "../support/looks.ts";
import { SANDBOX } from "../support/recorded-life.ts";

/** A recorder of the running test, the gate that it follows, and what it wrote. */
function recorderOfTest() {
  const path = join(folderOfTest(), "journal");
  const clock = fakeClock();
  const troubles: string[] = [];
  let state: GateState = newGate([httpTarget()], POLICY, START);
  const recorder = newJournalRecorder({
    path,
    clock,
    version: "0.1.0",
    sandbox: SANDBOX,
    state: () => state,
    onTrouble: (problem) => troubles.push(problem),
  });
  onTestFinished(() => recorder.close());
  return {
    ...recorder,
    clock,
    troubles,
    state: () => state,
    isThere: () => existsSync(path),
    entries: () => parseJournal(readFileSync(path, "utf8")).entries,
    take: (step: Step) => {
      state = step.state;
      for (const transition of step.transitions) recorder.record(transition);
    },
    glance: (inode: number, atMs: number) => {
      state = onSockets(state, "http", { sockets: [socket({ inode })], at: moment(atMs) });
    },
  };
}

const READY = look(answered("ready"), { atMs: 1000, listen: listening({ inode: 101 }) });

describe("the recorder", () => {
  it("writes nothing before it is to begin, and then all that was recorded, after the state at the start", () => {
    const { state, take, begin, isThere, entries, record } = recorderOfTest();
    take(onLook(state(), "http", look(refused(), { atMs: 100 })));
    expect(isThere()).toBe(false);
    begin();
    const kinds = () => entries().map(({ kind }) => kind);
    expect(kinds()).toEqual(["start", "state", "target"]);
    expect(entries()[1]).toMatchObject({ verdict: { code: "UNKNOWN" }, lastLook: null });
    for (const transition of onLook(state(), "http", READY).transitions) record(transition);
    expect(kinds()).toEqual(["start", "state", "target", "target", "gate"]);
  });

  it("says what the verdicts are told by", () => {
    const { begin, entries } = recorderOfTest();
    begin();
    expect(entries()).toMatchObject([
      {
        kind: "start",
        format: 1,
        version: "0.1.0",
        sandbox: SANDBOX,
        policy: POLICY,
        startedAt: START,
        targets: ["http"],
      },
      { kind: "state", target: httpTarget() },
    ]);
  });

  it("notes sockets that were replaced without a transition, once, within a second", () => {
    const { state, take, begin, entries, glance, clock } = recorderOfTest();
    begin();
    take(onLook(state(), "http", READY));
    clock.ring();
    expect(entries()).toHaveLength(4);
    glance(202, 2000);
    for (let second = 0; second < 3; second += 1) clock.ring();
    expect(entries()).toHaveLength(5);
    expect(entries()[4]).toMatchObject({ kind: "state", isReady: true, memory: { lastInodes: [202], restarts: 1 } });
  });

  it("leaves the last state at its end", () => {
    const { state, take, begin, entries, close, clock } = recorderOfTest();
    begin();
    take(onLook(state(), "http", READY));
    take(onStop(state(), moment(5000)));
    close();
    expect(entries().slice(-2)).toMatchObject([
      { kind: "checkpoint", isOpen: true, isStopping: true },
      { kind: "state" },
    ]);
    expect(lastKnown(entries())?.state).toEqual(state());
    expect(clock.waiting()).toEqual([]);
  });

  it("leaves no file when it never began", () => {
    const { state, take, close, isThere } = recorderOfTest();
    take(onLook(state(), "http", READY));
    close();
    expect(isThere()).toBe(false);
  });

  it("begins a new file with the present state, so that nothing is lost with the oldest lines", () => {
    const { state, take, begin, entries } = recorderOfTest();
    begin();
    const long = "m".repeat(190);
    for (let index = 1; index < 1200; index += 1) {
      const answer = index % 2 === 0 ? answered("error", { message: long }) : answered("not-ready", { message: long });
      take(onLook(state(), "http", look(answer, { atMs: index * 100, listen: listening({ inode: 101 }) })));
    }
    const [head] = entries();
    expect(head).toMatchObject({ kind: "checkpoint", startedAt: START });
    expect(lastKnown(entries())?.state.targets[0]?.memory).toEqual(state().targets[0]?.memory);
  });
});
