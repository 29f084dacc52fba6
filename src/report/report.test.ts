import { describe, expect, it } from "vitest";
import {
  answered,
  at,
  failed,
  grpcTarget,
  httpTarget,
  listening,
  look,
  moment,
  NO_TABLE,
  rcloneTarget,
  refused,
  remote,
  silent,
  skipped,
  unbound,
} from "../../test/support/looks.ts";
import { type SeenLooks, stateAfter } from "../../test/support/scenes.ts";
import { type Snapshot, type Surroundings, snapshotOf } from "../core/snapshot.ts";
import type { Target } from "../core/target.ts";
import { type ReportExtras, reportLines } from "./report.ts";
import type { ReportStyle } from "./report-style.ts";

const SURROUNDINGS: Surroundings = {
  netns: 4_026_532_011,
  loopback: { ipv4: "ok", ipv6: "absent" },
  listeners: [
    { address: "0.0.0.0", port: 8080, uid: 1000, own: false },
    { address: "127.0.0.1", port: 9022, uid: 1000, own: true },
  ],
  evidenceSources: { listenTable: "proven", resetCounters: "proven", icmpCounters: "unproven" },
  findings: [],
  warnings: [],
};
const PLAIN: ReportStyle = { width: 80, hasColours: false, isUnicode: true };
const EXTRAS: ReportExtras = { origin: ["From a look."], notes: [] };

function snapshotAfter(looks: SeenLooks, overrides: Partial<Surroundings> = {}, targets?: readonly Target[]): Snapshot {
  const state = stateAfter(looks, targets === undefined ? {} : { targets });
  return snapshotOf(state, { ...SURROUNDINGS, ...overrides }, moment(42_000));
}

const textOf = (snapshot: Snapshot, style = PLAIN, extras = EXTRAS) => reportLines(snapshot, extras, style).join("\n");

const open = snapshotAfter([
  ["http", look(answered("ready"))],
  ["grpc", look(answered("ready", { code: "GRPC_OK" }))],
]);
const closed = snapshotAfter([
  ["http", look(answered("not-ready"))],
  ["grpc", look(refused(), { listen: unbound(8080) })],
]);

describe("the report", () => {
  it("begins with whether the gate is open, and otherwise why not and what to do", () => {
    expect(textOf(open)).toMatch(/^The gate is OPEN \(ready\)\.\n {2}· From a look\.\n/);
    const [first, ...rest] = reportLines(closed, EXTRAS, PLAIN);
    expect(first).toBe("The gate is CLOSED (starting).");
    expect(rest[0]).toMatch(/^ {2}http NOT_READY|^ {2}grpc NOT_LISTENING/);
    expect(rest[1]).toMatch(/what to do: /);
  });

  it("shows of each target its verdict, its addresses by layer, its past and its evidence", () => {
    const text = textOf(closed);
    expect(text).toMatch(/^── http http:\/\/127\.0\.0\.1:9000\/v2\/health\/ready ─+$/m);
    expect(text).toMatch(/^ {2}NOT_READY \(slow-startup\), since 12:00:01Z, for 41 s$/m);
    expect(text).toMatch(/^ {2}address +role +listen +connect +protocol +ready$/m);
    expect(text).toMatch(/^ {2}127\.0\.0\.1 +target +yes +ok 0\.25 ms +HTTP_400 3 ms +no$/m);
    expect(text).toMatch(/^ {2}127\.0\.0\.1 +target +no +refused +- +-$/m);
    expect(text).toMatch(/^ {2}▓+$|^ {2}╌*▒*▓+$/m);
    expect(text).toContain("  · other ports that listen: 8080");
  });

  it("says what to do about one code once", () => {
    const both = snapshotAfter([
      ["http", look(refused())],
      ["grpc", look(refused())],
    ]);
    expect(textOf(both).match(/what to do: /g)).toHaveLength(1);
    expect(textOf(closed).match(/what to do: /g)).toHaveLength(2);
    expect(textOf(open)).not.toContain("what to do");
  });

  it("says of an open gate what stands beside it", () => {
    const live = snapshotAfter(
      [
        ["rclone", look(refused())],
        ["http", look(answered("ready"))],
      ],
      {},
      [httpTarget(), rcloneTarget()],
    );
    const text = textOf(live);
    expect(text).toMatch(/^The gate is OPEN/);
    expect(text).toContain("(not required)");
    expect(text.match(/what to do: /g)).toHaveLength(1);
  });

  it("shows findings, what is around, warnings, notes and history", () => {
    const finding = {
      code: "NO_CLIENT_YET",
      target: "grpc",
      summary: "nobody came",
      remedy: "Wait.",
      evidence: ["ready for 41s"],
    };
    const whole = { code: "HOST_NETWORK", target: "", summary: "a node", remedy: "Look.", evidence: [] };
    const snapshot = { ...open, findings: [finding, whole], warnings: ["the journal cannot be written"] };
    const extras = { origin: ["A replay."], notes: ["It differs."], history: ["12:00 http READY"] };
    const text = textOf(snapshot, PLAIN, extras);
    for (const line of [
      "NO_CLIENT_YET (grpc)",
      "  nobody came.",
      "  what to do: Wait.",
      "  · ready for 41s",
      "HOST_NETWORK\n",
      "  · A replay.",
      "  · It differs.",
      "History\n  · 12:00 http READY",
      "  · loopback: IPv4 ok, IPv6 absent",
      "  · network namespace 4026532011",
      "  · ports on which others listen: 8080\n",
      "  · warning: the journal cannot be written",
    ]) {
      expect(text).toContain(line);
    }
  });

  it("tells of a verdict that is suspected", () => {
    const state = stateAfter([
      ["http", look(answered("ready"))],
      ["grpc", look(answered("ready"))],
      ["grpc", look(refused(), { atMs: 40_000 })],
    ]);
    expect(textOf(snapshotOf(state, SURROUNDINGS, moment(42_000)))).toContain(
      "is suspected, since 12:00:40Z, by 1 looks",
    );
  });

  it("says how each path stands that did not simply connect", () => {
    const targets = [httpTarget()];
    const cells = (paths: Parameters<typeof look>[0], listen = unbound()) =>
      reportLines(snapshotAfter([["http", look(paths, { listen })]], {}, targets), EXTRAS, PLAIN).join("\n");
    expect(cells(failed("timeout", { ms: 1000 }))).toMatch(/target +no +no answer in 1000 ms +- +-/);
    expect(cells(failed("denied"))).toMatch(/target +no +denied EPERM +-/);
    expect(cells(failed("refused", { refusedBy: "firewall" }))).toContain("refused by firewall");
    expect(cells(skipped("ephemeral-port"))).toContain("not tried (ephemeral port)");
    expect(cells(silent(), listening())).toMatch(/yes +ok 0\.25 ms +silent 1000 ms +-/);
    expect(cells(answered("ready", { modelsPending: ["m"] }), listening())).toContain("not its models");
    expect(cells(remote(failed("timeout")))).toMatch(/10\.42\.1\.7 +target +elsewhere/);
    expect(cells(answered("ready"), NO_TABLE)).toMatch(/target +\? +ok/);
  });
});

describe("the shape of the report", () => {
  const long = at("2001:db8:1234:5678:9abc:def0:1234:5678", answered("error", { code: "HPE_INVALID_CONTENT_LENGTH" }));
  const wide = snapshotAfter([["http", look([answered("ready"), long])]], {}, [httpTarget()]);

  it.each([40, 60, 80, 132])("keeps to %d columns, as far as words allow", (width) => {
    for (const snapshot of [open, closed, wide]) {
      for (const line of reportLines(snapshot, EXTRAS, { ...PLAIN, width })) {
        const isUnbreakable = /`[^`]+`|\S{25}/.test(line);
        if (!isUnbreakable) expect(line.length, line).toBeLessThanOrEqual(width);
      }
    }
  });

  it("stacks the layers of an address where a table has no room", () => {
    const text = textOf(wide);
    expect(text).toContain("  2001:db8:1234:5678:9abc:def0:1234:5678 (target)\n");
    expect(text).toMatch(/^ {4}protocol HPE_INVALID_CONTENT_LENGTH 3 ms$/m);
    expect(textOf(wide, { ...PLAIN, width: 132 })).toMatch(/^ {2}address +role/m);
  });

  it("is ASCII where the terminal is", () => {
    const hostile = snapshotAfter([["http", look(answered("not-ready", { message: "modèle 模型" }))]]);
    expect(textOf(hostile, { ...PLAIN, isUnicode: false })).toMatch(/^[\n -~]*$/);
  });

  it("has colours only where they are wanted", () => {
    expect(textOf(closed)).not.toContain("\u001b");
    expect(textOf(closed, { ...PLAIN, hasColours: true })).toContain("\u001b[33mNOT_READY");
  });

  it("lets nothing of a hostile server through but printable text", () => {
    const hostile = "\u001b]0;owned\u0007\u001b[2J\u202eevil\r\nThe gate is OPEN";
    const looks: SeenLooks = [
      ["http", look(answered("not-ready", { message: hostile, code: hostile, asked: hostile }))],
      ["grpc", look(at(hostile, failed("refused", { errno: hostile })))],
    ];
    const finding = { code: hostile, target: hostile, summary: hostile, remedy: hostile, evidence: [hostile] };
    const snapshot = snapshotAfter(looks, { findings: [finding], warnings: [hostile] });
    const lines = reportLines(snapshot, { origin: [hostile], notes: [hostile], history: [hostile] }, PLAIN);
    for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(lines.filter((line) => line.startsWith("The gate is"))).toEqual(["The gate is CLOSED (starting)."]);
  });

  it("has room for a gRPC target's name of any length", () => {
    const targets = [grpcTarget({ name: "a".repeat(40), url: `grpc://127.0.0.1:9500/${"b".repeat(200)}` })];
    expect(() => reportLines(snapshotAfter([], {}, targets), EXTRAS, { ...PLAIN, width: 10 })).not.toThrow();
  });
});
