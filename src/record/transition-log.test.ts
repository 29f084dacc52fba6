import { Writable } from "node:stream";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { type FakeView, fakeView } from "../../test/support/fake-view.ts";
import { answered, httpTarget, listening, look, refused } from "../../test/support/looks.ts";
import { logTransition, startSummaries } from "./transition-log.ts";

type Line = Readonly<Record<string, unknown>>;

/** A log that keeps its lines. */
function keptLog() {
  const lines: Line[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(JSON.parse(chunk.toString()) as Line);
      done();
    },
  });
  const log = pino({ base: null, formatters: { level: (level) => ({ level }) } }, stream);
  return { log, lines };
}

/** A gate with one target, whose transitions are logged. */
function logged(): { view: FakeView; lines: readonly Line[] } {
  const { log, lines } = keptLog();
  const view = fakeView({ targets: [httpTarget()], policy: { failureThreshold: 1 } });
  view.subscribe((transition) => logTransition(log, transition));
  return { view, lines };
}

describe("the line of a target's transition", () => {
  it("names the target, the verdict, where the port is bound, and both times in whole milliseconds", () => {
    const { view, lines } = logged();
    view.look("http", look(refused()));
    view.clock.advance(1500.4);
    view.look("http", look(answered("not-ready"), { listen: listening({ address: "::", port: 9000 }) }));
    expect(lines.at(-1)).toMatchObject({
      level: "info",
      target: "http",
      was: "NOT_LISTENING",
      verdict: "NOT_READY",
      class: "slow-startup",
      ready: false,
      bind: ["[::]:9000"],
      sinceStartMs: 1500,
      phaseMs: 1500,
      msg: "http is NOT_READY: 127.0.0.1:9000 answers HTTP_400: not ready",
    });
    expect(lines.at(-1)?.["evidence"]).toContain("GET /v2/health/ready: HTTP_400 after 3 ms");
  });

  it("is not written for a look that shows the same", () => {
    const { view, lines } = logged();
    for (let count = 0; count < 100; count += 1) view.look("http", look(refused()));
    expect(lines).toHaveLength(1);
  });

  it("is a warning for what no slow start is", () => {
    const { view, lines } = logged();
    view.look("http", look(answered("no-such-endpoint")));
    expect(lines).toMatchObject([{ level: "warn", verdict: "NO_SUCH_ENDPOINT" }]);
  });
});

it("the gate's opening is information, its loss a warning, each with the phase's time", () => {
  const { view, lines } = logged();
  view.clock.advance(2000);
  view.look("http", look(answered("ready")));
  view.clock.advance(60_000);
  view.look("http", look(answered("error")));
  const ofGate = lines.filter(({ to }) => to !== undefined);
  expect(ofGate).toMatchObject([
    {
      level: "info",
      from: "starting",
      to: "ready",
      phaseMs: 2000,
      msg: "the gate goes from starting to ready after 2s",
    },
    { level: "warn", from: "ready", to: "lost", phaseMs: 60_000, sinceStartMs: 62_000, verdict: "ERRORING" },
  ]);
});

describe("the summary", () => {
  function summarized() {
    const { log, lines } = keptLog();
    const view = fakeView({ targets: [httpTarget()], policy: { failureThreshold: 1 } });
    return { view, lines, stop: startSummaries(log, view.clock, view.state) };
  }

  it("comes every 30 s while the gate has not opened", () => {
    const { view, lines } = summarized();
    view.look("http", look(refused()));
    view.clock.advance(29_999);
    expect(lines).toHaveLength(0);
    view.clock.advance(60_001);
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatchObject({
      level: "info",
      phase: "starting",
      target: "http",
      verdict: "NOT_LISTENING",
      sinceStartMs: 60_000,
      targets: { http: "NOT_LISTENING" },
      msg: "not ready after 1m: nothing listens on 127.0.0.1:9000 yet",
    });
  });

  it("is left out while the gate is open, and comes again when it is lost", () => {
    const { view, lines } = summarized();
    view.look("http", look(answered("ready")));
    view.clock.advance(600_000);
    expect(lines).toHaveLength(0);
    view.look("http", look(answered("error")));
    view.clock.advance(30_000);
    expect(lines).toMatchObject([{ phase: "lost", verdict: "ERRORING" }]);
  });

  it("ends when it is told to", () => {
    const { view, lines, stop } = summarized();
    stop();
    view.clock.advance(600_000);
    expect(lines).toHaveLength(0);
  });
});
