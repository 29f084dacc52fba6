import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answered, listening, look, moment, refused, START } from "../../test/support/looks.ts";
import { arbitraryLife, headLines, laterProcess, recordLife } from "../../test/support/recorded-life.ts";
import { onStop } from "./gate.ts";
import { formatLine, parseJournal } from "./journal.ts";
import { lastKnown } from "./journal-state.ts";
import { replay } from "./replay.ts";
import { transitionJson } from "./transition-json.ts";

const LIFE = recordLife([
  { target: 0, look: look(refused(), { atMs: 100 }) },
  { target: 1, look: look(answered("ready"), { atMs: 400 }) },
  { target: 0, look: look(answered("ready"), { atMs: 1000 }) },
]);

const entriesOf = (lines: readonly string[]) => parseJournal(lines.join("")).entries;

describe("a replay", () => {
  it("gives each recorded verdict beside the one that its observations give now", () => {
    const { verdicts, transitions } = replay(entriesOf(LIFE.lines));
    expect(verdicts.map(({ at, target, recorded, isSame }) => [at, target, recorded.code, isSame])).toEqual([
      ["2026-11-24T12:00:00.100Z", "http", "NOT_LISTENING", true],
      ["2026-11-24T12:00:00.400Z", "grpc", "READY", true],
      ["2026-11-24T12:00:01.000Z", "http", "READY", true],
    ]);
    expect(transitions.map(({ kind, target }) => [kind, target])).toEqual([
      ["target", "http"],
      ["target", "grpc"],
      ["target", "http"],
      ["gate", "http"],
    ]);
  });

  it("says where a record does not bear out its verdict", () => {
    const forged = LIFE.lines.map((line) => line.replaceAll('"NOT_LISTENING"', '"REJECTED"'));
    const { verdicts } = replay(entriesOf(forged));
    expect(verdicts.map(({ isSame }) => isSame)).toEqual([false, true, true]);
    expect(verdicts[0]).toMatchObject({ recorded: { code: "REJECTED" }, replayed: { code: "NOT_LISTENING" } });
  });

  it("says so where the summary or the evidence alone is another", () => {
    const words = LIFE.lines.map((line) => line.replace('"summary":"nothing listens', '"summary":"nobody listens'));
    expect(replay(entriesOf(words)).verdicts.map(({ isSame }) => isSame)).toEqual([false, true, true]);
    const evidence = LIFE.lines.map((line) => line.replace("no socket listens", "no sock listens"));
    expect(replay(entriesOf(evidence)).verdicts.map(({ isSame }) => isSame)).toEqual([false, true, true]);
  });

  it("cannot tell what stands before the first head, or of a target without a state", () => {
    expect(replay(entriesOf(LIFE.lines.slice(4))).verdicts[0]).toMatchObject({ replayed: null, isSame: false });
    const withoutStates = [...LIFE.lines.slice(0, 1), ...LIFE.lines.slice(4)];
    expect(replay(entriesOf(withoutStates)).verdicts[0]).toMatchObject({ replayed: null, isSame: false });
    expect(replay([])).toEqual({ verdicts: [], transitions: [], last: null });
  });

  it("compares a trimmed record by its code alone", () => {
    const models = Array.from({ length: 2000 }, (_, index) => `model-${index}`);
    const pending = recordLife([{ target: 0, look: look(answered("ready", { modelsPending: models })) }]);
    expect(replay(entriesOf(pending.lines)).verdicts).toMatchObject([
      { recorded: { code: "NOT_READY" }, replayed: { code: "NOT_READY" }, isSame: true },
    ]);
  });

  it("equals what the gate said while it lived, whatever the looks", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(arbitraryLife, ({ lines }) => {
        const { verdicts, transitions } = replay(entriesOf(lines));
        expect(verdicts.filter(({ isSame }) => !isSame)).toEqual([]);
        expect(transitions).toHaveLength(lines.length - 4);
      }),
      { numRuns: 300 },
    );
  });
});

describe("the last known state", () => {
  it("is that of each target right after its last transition, and the gate's own", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(arbitraryLife, ({ lines, state, recorded }) => {
        const last = lastKnown(entriesOf(lines));
        const { isOpen, openedAt, phaseSince, startedAt, policy } = state;
        expect(last?.state).toMatchObject({ isOpen, openedAt, phaseSince, startedAt, policy });
        for (const one of last?.state.targets ?? []) {
          const { memory, verdict, isReady, lastLook } = recorded.get(one.target.name) ?? one;
          expect(one).toMatchObject({ memory, verdict, isReady, lastLook });
        }
        expect(last?.state.targets.map(({ target }) => target.name)).toEqual(["http", "grpc", "rclone"]);
      }),
      { numRuns: 200 },
    );
  });

  it("is what the last state lines say, to the last field", () => {
    const takenAt = moment(5000);
    const lines = [...LIFE.lines, ...headLines(LIFE.state, "checkpoint", { takenAt })];
    expect(lastKnown(entriesOf(lines))).toMatchObject({ state: LIFE.state, at: takenAt });
  });

  it("stays what the same process wrote before when a head lacks its states, and is nothing after another's", () => {
    const [checkpoint = ""] = headLines(LIFE.state, "checkpoint", { takenAt: moment(5000) });
    expect(lastKnown(entriesOf([...LIFE.lines, checkpoint]))?.state.targets).toHaveLength(3);
    const [start = ""] = headLines(LIFE.state, "start", { processBegan: laterProcess(5000) });
    expect(lastKnown(entriesOf([...LIFE.lines, start]))?.state.targets).toEqual([]);
  });

  it("is of a gate that stops, and was open until then", () => {
    const { state, transitions } = onStop(LIFE.state, moment(7000));
    const lines = [...LIFE.lines, ...transitions.map((one) => formatLine(transitionJson(one)))];
    const last = lastKnown(entriesOf(lines));
    expect(last?.state).toMatchObject({ isStopping: true, isOpen: true, openedAt: moment(1000) });
    expect(last?.at).toEqual(moment(7000));
    expect(state.isStopping).toBe(true);
  });

  it("is of a gate that was lost, and when it opened first", () => {
    const failing = [2, 3, 4].map((second) => ({ target: 0, look: look(refused(), { atMs: second * 1000 }) }));
    const events = [
      { target: 1, look: look(answered("ready"), { atMs: 400 }) },
      { target: 0, look: look(answered("ready", {}), { atMs: 1000, listen: listening({}) }) },
      ...failing,
    ];
    const last = lastKnown(entriesOf(recordLife(events).lines));
    expect(last?.state).toMatchObject({
      isOpen: false,
      openedAt: moment(1000),
      phaseSince: moment(4000),
      startedAt: START,
    });
    expect(last?.state.targets[0]).toMatchObject({ isReady: false, memory: { timeline: { lost: moment(4000) } } });
  });
});
