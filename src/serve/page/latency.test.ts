import { describe, expect, it } from "vitest";
import { slowStart } from "../../../test/page/scenes.ts";
import { fakeView } from "../../../test/support/fake-view.ts";
import { answered, at, failed, httpTarget, look, silent, skipped } from "../../../test/support/looks.ts";
import { transitionJson } from "../../core/transition-json.ts";
import { type Latencies, SAMPLES_KEPT, withLooks } from "./latency.ts";

describe("withLooks", () => {
  it("counts a look once, however often its snapshot is read", () => {
    const view = fakeView({ targets: [httpTarget()] });
    view.look("http", look(answered("ready", { ms: 7 })));
    const once = withLooks({}, view.snapshot());
    expect(once).toEqual({ http: [{ look: 1, connectMs: 0.25, answerMs: 7 }] });
    expect(withLooks(once, view.snapshot())).toEqual(once);
    view.look("http", look(answered("ready", { ms: 9 })));
    expect(withLooks(once, view.snapshot())["http"]?.map(({ answerMs }) => answerMs)).toEqual([7, 9]);
  });

  it("puts a record's looks before those that the page has seen itself", () => {
    const view = slowStart();
    const transitions = view.journal().map(transitionJson);
    const samples = withLooks(withLooks({}, view.snapshot()), view.snapshot(), transitions)["http"] ?? [];
    expect(samples.map(({ look: number }) => number)).toEqual([1, 71, 90, 106]);
    expect(samples.map(({ answerMs }) => answerMs !== null)).toEqual([false, false, true, true]);
  });

  it.each([
    ["a refusal", failed("refused"), { look: 1, connectMs: null, answerMs: null }],
    ["a silence", silent(), { look: 1, connectMs: 0.25, answerMs: null }],
    ["an end without an answer", answered("closed"), { look: 1, connectMs: 0.25, answerMs: null }],
  ])("leaves out the layers that %s did not reach", (_what, path, sample) => {
    const view = fakeView({ targets: [httpTarget()] });
    view.look("http", look(path));
    expect(withLooks({}, view.snapshot())["http"]).toEqual([sample]);
  });

  it("tells nothing of what was not tried, nor of addresses that are only compared with", () => {
    const view = fakeView({ targets: [httpTarget()] });
    view.look("http", look([skipped("not-listening"), at("10.42.0.7", answered("ready"), { role: "evidence" })]));
    expect(withLooks({}, view.snapshot())["http"]).toEqual([]);
  });

  it("keeps the latest", () => {
    const view = fakeView({ targets: [httpTarget()] });
    let latencies: Latencies = {};
    for (let looks = 1; looks <= SAMPLES_KEPT + 5; looks += 1) {
      view.look("http", look(answered("ready")));
      latencies = withLooks(latencies, view.snapshot());
    }
    expect(latencies["http"]).toHaveLength(SAMPLES_KEPT);
    expect(latencies["http"]?.[0]).toMatchObject({ look: 6 });
  });
});
