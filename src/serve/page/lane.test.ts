import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blocked, crashLoop, openGate, slowStart } from "../../../test/page/scenes.ts";
import { type FakeView, fakeView } from "../../../test/support/fake-view.ts";
import { answered, failed, httpTarget, listening, look, moment, silent } from "../../../test/support/looks.ts";
import { arbitraryLife } from "../../../test/support/recorded-life.ts";
import { snapshotOf } from "../../core/snapshot.ts";
import { type TransitionJson, transitionJson } from "../../core/transition-json.ts";
import { type Lane, laneOf } from "./lane.ts";

const START_MS = moment(0).wallMs;

function laneIn(view: FakeView, name: string, hasRecord = true): Lane {
  const { targets, now } = view.snapshot();
  const target = targets.find((one) => one.name === name);
  if (target === undefined) throw new Error(`there is no target ${name}`);
  return laneOf(target, hasRecord ? view.journal().map(transitionJson) : [], Date.parse(now));
}

/** Each stretch as its phase and its end in seconds. */
function told({ stretches }: Lane): readonly (readonly [string, number])[] {
  return stretches.map(({ phase, to }) => [phase, (to - START_MS) / 1000]);
}

function signs({ marks }: Lane): string {
  return marks.map(({ sign }) => sign).join("");
}

describe("laneOf", () => {
  it("tells a slow start step by step", () => {
    const lane = laneIn(slowStart(), "http");
    expect(told(lane)).toEqual([
      ["unbound", 42],
      ["connects", 53.4],
      ["answers", 63.4],
    ]);
    expect(signs(lane)).toBe("BCA");
  });

  it("tells a start to its end", () => {
    expect(told(laneIn(openGate(), "grpc"))).toEqual([
      ["unbound", 41.4],
      ["connects", 64.8],
      ["ready", 150],
    ]);
  });

  it("shows a block as one, though the port was bound meanwhile", () => {
    const lane = laneIn(blocked(), "grpc");
    expect(told(lane)).toEqual([["blocked", 74]]);
    expect(signs(lane)).toBe("B");
  });

  it("shows each restart of a crash loop", () => {
    const lane = laneIn(crashLoop(), "http");
    expect(told(lane).map(([phase]) => phase)).toEqual([
      "unbound",
      "connects",
      "lost",
      "connects",
      "lost",
      "connects",
      "lost",
    ]);
    expect(signs(lane)).toBe("BC↻↻↻↻");
  });

  it("refines a verdict by a port that was seen bound before the look had ended", () => {
    const view = fakeView({ targets: [httpTarget()] });
    view.look("http", look(failed("refused")));
    view.clock.advance(2000);
    view.look("http", look(failed("timeout"), { listen: listening() }));
    expect(told(laneIn(view, "http"))[0]?.[0]).toBe("unbound");
    view.clock.advance(1000);
    view.look("http", look(silent()));
    view.clock.advance(1000);
    expect(told(laneIn(view, "http")).at(-1)).toEqual(["connects", 4]);
  });

  it("falls back on the timeline where no transition is known", () => {
    expect(told(laneIn(openGate(), "http", false))).toEqual(told(laneIn(openGate(), "http")));
    const view = fakeView({ targets: [httpTarget()], policy: { failureThreshold: 1 } });
    for (const kind of ["ready", "error", "ready"] as const) {
      view.look("http", look(answered(kind)));
      view.clock.advance(1000);
    }
    expect(told(laneIn(view, "http", false))).toEqual([
      ["ready", 1],
      ["lost", 2],
      ["ready", 3],
    ]);
  });

  it("is empty before the first look", () => {
    expect(laneIn(fakeView(), "http")).toEqual({ stretches: [], marks: [] });
  });

  it("covers the time from the first look to now without a gap, in any life", () => {
    fc.assert(
      fc.property(arbitraryLife, ({ lines, state }) => {
        const last = Math.max(0, ...state.targets.map(({ lastLookedAt }) => lastLookedAt?.monotonicMs ?? 0));
        const now = moment(last + 1000);
        const transitions = lines.map((line) => JSON.parse(line) as TransitionJson);
        for (const target of snapshotOf(state, NOTHING_AROUND, now).targets) {
          const points = Object.values(target.timeline).flatMap((at) => (at === null ? [] : Date.parse(at)));
          const covered = target.timeline.firstProbeAt === null ? [] : [Math.min(...points), now.wallMs];
          expect(endsOf(laneOf(target, transitions, now.wallMs))).toEqual(covered);
        }
      }),
      { numRuns: 50 },
    );
  });
});

/** Where a lane begins and ends; throws where it has a gap. */
function endsOf({ stretches }: Lane): readonly number[] {
  const isWhole = stretches.every(({ from, to }, index) => {
    return to >= from && (index === 0 || from === stretches[index - 1]?.to);
  });
  if (!isWhole) throw new Error(`a gap in ${JSON.stringify(stretches)}`);
  return [stretches[0]?.from, stretches.at(-1)?.to].flatMap((end) => end ?? []);
}

const NOTHING_AROUND = {
  netns: null,
  loopback: { ipv4: null, ipv6: null },
  listeners: [],
  evidenceSources: { listenTable: "absent", resetCounters: "absent", icmpCounters: "absent" },
  findings: [],
  warnings: [],
} as const;
