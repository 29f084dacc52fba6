import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fakeView } from "../../test/support/fake-view.ts";
import {
  answered,
  failed,
  httpTarget,
  look,
  moment,
  refused,
  remote,
  silent,
  unresolved,
} from "../../test/support/looks.ts";
import { readyzAnswer, startupzAnswer } from "./readyz-text.ts";

const STALE_MS = 3 * (5_000 + 1_000);

function openView() {
  const view = fakeView();
  view.look("http", look(answered("ready")));
  view.look("grpc", look(answered("ready")));
  return view;
}

const ask = (view: ReturnType<typeof fakeView>, query = {}) => readyzAnswer(view.state(), view.clock.now(), query);

describe("readyzAnswer", () => {
  it("is ok when every required target is ready", () => {
    expect(ask(openView())).toEqual({ status: 200, body: "ok" });
  });

  it("names the worst required target, its code and its summary", () => {
    const view = openView();
    const closed = fakeView();
    closed.look("http", look(answered("ready")));
    closed.look("grpc", look(refused()));
    expect(ask(view).status).toBe(200);
    expect(ask(closed)).toEqual({
      status: 503,
      body: "not ready: grpc NOT_LISTENING: nothing listens on 127.0.0.1:9500 yet\n",
    });
  });

  it("keeps its text while the verdict stays", () => {
    const view = fakeView();
    view.look("grpc", look(refused()));
    view.look("http", look(refused()));
    const first = ask(view).body;
    view.clock.advance(4_000);
    view.look("http", look(refused()));
    expect(ask(view).body).toBe(first);
  });

  it("lists every target as Kubernetes does when it is asked to be verbose", () => {
    const view = fakeView();
    view.look("http", look(answered("ready")));
    view.look("grpc", look(silent()));
    view.look("rclone", look(refused()));
    expect(ask(view, { verbose: "" }).body.split("\n")).toEqual([
      "[+]http ok",
      "[-]grpc failed: STARTING_UP: 127.0.0.1:9500 accepts connections, but does not answer yet",
      "[-]rclone failed: NOT_LISTENING: nothing listens on 127.0.0.1:5572 yet (not required)",
      "readyz check failed",
      "",
    ]);
  });

  it("leaves targets out, and says so", () => {
    const view = fakeView();
    view.look("http", look(answered("ready")));
    expect(ask(view, { exclude: ["grpc", "rclone"], verbose: "" })).toEqual({
      status: 200,
      body: "[+]http ok\n[+]grpc excluded: ok\n[+]rclone excluded: ok\nreadyz check passed\n",
    });
  });

  it("warns of excluded names that are no target's, on one line whatever they hold", () => {
    const { status, body } = ask(openView(), { exclude: ["nope", "a\nb", "nope"], verbose: "" });
    expect(status).toBe(200);
    expect(body.split("\n").slice(-3)).toEqual([
      'warn: some targets cannot be excluded: no matches for "nope","a\\nb"',
      "readyz check passed",
      "",
    ]);
  });

  it.each([
    ["slow-startup", look(refused()), 510],
    ["network-block", null, 511],
    ["misconfiguration", unresolved(), 512],
    ["server-fault", look(answered("closed")), 513],
    ["unknown", look(remote(failed("timeout"))), 514],
  ])("answers %s with its own status code when it is asked for the class", (verdictClass, seen, status) => {
    const view = fakeView({ targets: [httpTarget()] });
    if (seen !== null) view.look("http", seen);
    const [target] = view.state().targets;
    const state = {
      ...view.state(),
      targets:
        target && seen === null
          ? [{ ...target, verdict: { ...target.verdict, class: "network-block" as const } }]
          : view.state().targets,
    };
    expect(state.targets[0]?.verdict.class).toBe(verdictClass);
    expect(readyzAnswer(state, view.clock.now(), { code: "class" }).status).toBe(status);
    expect(readyzAnswer(state, view.clock.now(), {}).status).toBe(503);
  });

  it("answers 200 for an open gate when it is asked for the class", () => {
    expect(ask(openView(), { code: "class" }).status).toBe(200);
  });

  it("counts a ready target that waits for the success threshold as a slow start", () => {
    const view = fakeView({ targets: [httpTarget()], policy: { successThreshold: 2, failureThreshold: 1 } });
    view.look("http", look(answered("ready")));
    view.look("http", look(refused()));
    view.look("http", look(answered("ready")));
    expect(view.state().targets[0]?.verdict.code).toBe("READY");
    expect(ask(view, { code: "class" }).status).toBe(510);
  });

  it("is not ready when the watcher is stuck, and names the target that was not looked at", () => {
    const view = openView();
    view.clock.advance(STALE_MS);
    expect(ask(view).status).toBe(200);
    view.look("http", look(answered("ready")));
    view.clock.advance(1);
    expect(ask(view)).toEqual({
      status: 503,
      body: "not ready: no look at grpc in time: the watcher is stuck\n",
    });
    expect(ask(view, { code: "class" }).status).toBe(514);
    expect(ask(view, { verbose: "" }).body).toContain("[-]grpc failed: no look in time: the watcher is stuck\n");
    expect(ask(view, { exclude: "grpc" })).toEqual({ status: 200, body: "ok" });
  });

  it("does not mind an optional target that is not looked at", () => {
    const view = openView();
    view.clock.advance(STALE_MS + 1);
    view.look("http", look(answered("ready")));
    view.look("grpc", look(answered("ready")));
    expect(ask(view)).toEqual({ status: 200, body: "ok" });
  });

  it("ignores keys and values that it does not know", () => {
    expect(ask(fakeView(), { code: "Class", foo: "bar" }).status).toBe(503);
  });

  it("answers any query with lines that the asker cannot break", () => {
    const view = openView();
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", maxLength: 60 })), (exclude) => {
        const { body } = ask(view, { exclude, verbose: "" });
        expect(body).toMatch(/^(?:\[[+-]\][^\n]+\n){3}(?:warn: [^\n]+\n)?readyz check (?:passed|failed)\n$/);
        expect(body.length).toBeLessThan(4_000);
      }),
    );
  });
});

describe("startupzAnswer", () => {
  const startup = (view: ReturnType<typeof fakeView>, query = {}) =>
    startupzAnswer(view.state(), view.clock.now(), query);

  it("is 503 with the verdict until the gate opens", () => {
    expect(startup(fakeView())).toEqual({ status: 503, body: "not ready: http UNKNOWN: not looked at yet\n" });
  });

  it("is 200 for good once the gate has been open", () => {
    const view = openView();
    for (let times = 0; times < 3; times += 1) view.look("grpc", look(refused()));
    expect(view.state().isOpen).toBe(false);
    expect(startup(view)).toEqual({ status: 200, body: "ok" });
  });

  it("lets go after the release, counted from the gate's start", () => {
    const view = fakeView();
    expect(startupzAnswer(view.state(), moment(119_999), { release: "120s" }).status).toBe(503);
    expect(startupzAnswer(view.state(), moment(120_000), { release: "2m" })).toEqual({ status: 200, body: "ok" });
  });

  it.each(["", "120", "soon"])("refuses the release %j, open or not", (release) => {
    expect(startup(openView(), { release }).status).toBe(400);
    expect(startup(fakeView(), { release })).toMatchObject({
      status: 400,
      body: expect.stringMatching(/^bad release: /),
    });
  });
});
