import { describe, expect, it } from "vitest";
import { fakeView } from "../../test/support/fake-view.ts";
import { answered, failed, httpTarget, listening, look, moment, refused, silent } from "../../test/support/looks.ts";
import { classify } from "./classify.ts";
import { transitionJson } from "./transition-json.ts";

function storyOfAStart() {
  const view = fakeView({ targets: [httpTarget()] });
  const looks = [
    look(refused()),
    look(silent(), { listen: listening({ inode: 7 }) }),
    look(answered("not-ready")),
    look(answered("ready")),
    look(failed("timeout")),
    look(failed("timeout")),
    look(failed("timeout")),
  ];
  for (const one of looks) {
    view.clock.advance(1_000.4);
    view.look("http", one);
  }
  return view;
}

describe("transitionJson", () => {
  it("shows a target's change with its sockets, times as RFC 3339 and durations in whole milliseconds", () => {
    const [first, second] = storyOfAStart().journal().map(transitionJson);
    expect(first).toMatchObject({
      at: "2026-11-24T12:00:01.000Z",
      kind: "target",
      from: { code: "UNKNOWN", ready: false },
    });
    expect(second).toMatchObject({
      at: "2026-11-24T12:00:02.000Z",
      kind: "target",
      target: "http",
      from: { code: "NOT_LISTENING", ready: false },
      to: { code: "STARTING_UP", ready: false },
      verdict: { code: "STARTING_UP", class: "slow-startup", since: "2026-11-24T12:00:02.000Z" },
      bind: [{ address: "0.0.0.0", port: 9000, inode: 7, since: "2026-11-24T12:00:02.000Z" }],
      sinceStartMs: 2_001,
      phaseMs: 1_000,
    });
  });

  it("shows a change of the gate by its phases", () => {
    const gate = storyOfAStart()
      .journal()
      .map(transitionJson)
      .filter(({ kind }) => kind === "gate");
    expect(gate.map(({ from, to }) => [from, to])).toEqual([
      [{ phase: "starting" }, { phase: "ready" }],
      [{ phase: "ready" }, { phase: "lost" }],
    ]);
    expect(gate[0]).not.toHaveProperty("look");
  });

  it("keeps all that the verdict was told from, over JSON", () => {
    const view = storyOfAStart();
    const read = view
      .journal()
      .map((one) => JSON.parse(JSON.stringify(transitionJson(one))) as ReturnType<typeof transitionJson>);
    const targets = read.filter((one) => one.kind === "target");
    expect(targets.length).toBe(5);
    for (const { look: seen, memory, to, verdict } of targets) {
      const again = classify({
        target: httpTarget(),
        look: seen,
        memory,
        policy: view.state().policy,
        startedAt: moment(0),
      });
      expect(again).toEqual({ code: to.code, summary: verdict.summary, evidence: verdict.evidence });
    }
  });
});
