import { describe, expect, it } from "vitest";
import { answered, at, look, moment, refused, silent } from "../../test/support/looks.ts";
import { type SeenLooks, stateAfter } from "../../test/support/scenes.ts";
import { type Snapshot, type Surroundings, snapshotOf } from "../core/snapshot.ts";
import { besideGate } from "./beside-gate.ts";

const SURROUNDINGS: Surroundings = {
  netns: 1,
  loopback: { ipv4: null, ipv6: "ok" },
  listeners: [],
  evidenceSources: { listenTable: "proven", resetCounters: "unproven", icmpCounters: "absent" },
  findings: [],
  warnings: [],
};

const seenIn = (looks: SeenLooks, overrides: Partial<Surroundings> = {}): Snapshot =>
  snapshotOf(stateAfter(looks), { ...SURROUNDINGS, ...overrides }, moment(5000));
const ready = answered("ready");

describe("a look beside a running gate", () => {
  it("gives newer addresses, and leaves verdict, readiness and past to the gate", () => {
    const running = seenIn([["http", look(ready)]]);
    const fresh = seenIn([["http", look([ready, at("10.42.0.7", refused(), { role: "evidence" })])]]);
    const { snapshot, notes } = besideGate(running, fresh);
    expect(snapshot.targets[0]?.paths).toHaveLength(2);
    expect(snapshot.targets[0]?.timeline).toEqual(running.targets[0]?.timeline);
    expect({ ...snapshot, targets: [] }).toEqual({ ...running, targets: [], loopback: snapshot.loopback });
    expect(notes).toEqual([]);
  });

  it("fills in what the gate does not know", () => {
    const evidenceSources = { listenTable: "unproven", resetCounters: "proven", icmpCounters: "unproven" } as const;
    const { snapshot } = besideGate(
      seenIn([]),
      seenIn([], { loopback: { ipv4: "ok", ipv6: "failed" }, evidenceSources }),
    );
    expect(snapshot.loopback).toEqual({ ipv4: "ok", ipv6: "ok" });
    expect(snapshot.evidenceSources).toEqual({
      listenTable: "proven",
      resetCounters: "proven",
      icmpCounters: "absent",
    });
  });

  it("says where it sees something else", () => {
    const { notes, snapshot } = besideGate(seenIn([["http", look(ready)]]), seenIn([["http", look(refused())]]));
    expect(notes).toEqual([
      expect.stringMatching(/^A fresh look at http just now finds NOT_LISTENING \(slow-startup\): /),
    ]);
    expect(snapshot.targets[0]?.verdict.code).toBe("READY");
  });

  it("does not call it a difference that it knows nothing of the past, or has not looked", () => {
    const hung = seenIn([
      ["http", look(ready)],
      ["grpc", look(ready)],
      ...[2000, 3000, 4000].map((atMs) => ["http", look(silent(), { atMs })] as const),
    ]);
    expect(hung.targets[0]?.verdict.code).toBe("HUNG");
    expect(
      besideGate(
        hung,
        seenIn([
          ["http", look(silent())],
          ["grpc", look(ready)],
        ]),
      ).notes,
    ).toEqual([]);
    expect(besideGate(seenIn([["http", look(ready)]]), seenIn([])).notes).toEqual([]);
  });

  it("adds the findings that the gate does not have", () => {
    const finding = (code: string, summary: string) => ({ code, target: "http", summary, remedy: "", evidence: [] });
    const running = seenIn([], { findings: [finding("A", "the gate's")] });
    const fresh = seenIn([], { findings: [finding("A", "ours"), finding("B", "ours")] });
    expect(besideGate(running, fresh).snapshot.findings.map(({ code, summary }) => [code, summary])).toEqual([
      ["A", "the gate's"],
      ["B", "ours"],
    ]);
  });
});
