import { describe, expect, it } from "vitest";
import { answered, failed, httpTarget, listening, look, moment, refused, unbound } from "../../test/support/looks.ts";
import { stateAfter } from "../../test/support/scenes.ts";
import { failingPaths } from "../core/failing-path.ts";
import type { PathLook } from "../core/observation.ts";
import type { Burst, RefusalProof } from "../core/proof.ts";
import { snapshotOf } from "../core/snapshot.ts";
import { type ProofInput, proofReport } from "./proof-report.ts";
import type { CounterReading, Measurement } from "./proof-tables.ts";

const burst = (overrides: Partial<Burst> = {}): Burst => ({
  at: moment(0),
  attempts: 3,
  refused: 3,
  ms: 0.7,
  resetsSent: 0,
  attemptFails: 3,
  icmpUnreachable: 0,
  ...overrides,
});
const CONTROL = burst({ resetsSent: 3 });
const refusal = (overrides: Partial<RefusalProof> = {}): RefusalProof => ({
  bursts: [burst(), burst({ at: moment(300) })].map((one) => ({ ...one, inodes: [101] })),
  control: CONTROL,
  trackedConnections: null,
  ...overrides,
});
const withProof = (path: PathLook, proof: Partial<NonNullable<PathLook["proof"]>>): PathLook => ({
  ...path,
  proof: { refusal: null, timeout: null, canary: null, ...proof },
});

function reportOn(path: PathLook, overrides: Partial<ProofInput> = {}, listen = listening()): string {
  const state = stateAfter([["http", look(path, { listen })]], { targets: [httpTarget()] });
  const surroundings = {
    netns: 4_026_532_011,
    loopback: { ipv4: "ok", ipv6: null } as const,
    listeners: [],
    evidenceSources: { listenTable: "proven", resetCounters: "proven", icmpCounters: "unproven" } as const,
    findings: [],
    warnings: [],
  };
  return proofReport({
    snapshot: snapshotOf(state, surroundings, moment(2000)),
    failing: failingPaths(state),
    measurements: [],
    version: "1.2.3",
    kernel: "6.18.0",
    origin: ["From a look."],
    ...overrides,
  });
}

const rejected = withProof(failed("refused", { refusedBy: "firewall" }), { refusal: refusal(), canary: "ok" });
const reading = (resetsSent: number): CounterReading => ({
  resetsSent,
  attemptFails: resetsSent + 40,
  icmpUnreachable: 52,
  icmp6Unreachable: null,
});
const measurement: Measurement = {
  address: "127.0.0.1",
  port: 9000,
  bursts: [{ port: 9000, burst: burst(), before: reading(27), after: reading(27) }],
  control: { port: 45_441, burst: CONTROL, before: reading(27), after: reading(30) },
};

describe("the proof for the network team", () => {
  it("shows the counters before and after, the control beside the target", () => {
    const text = reportOn(rejected, { measurements: [measurement] });
    expect(text).toContain("| | target port 9000 | control port 45441 |\n| --- | --- | --- |\n");
    expect(text).toContain("| `Tcp OutRsts` | 27 → 27 (+0) | 27 → 30 (+3) |");
    expect(text).toContain("| `Tcp AttemptFails` | 67 → 67 (+0) | 67 → 70 (+3) |");
    expect(text).toContain("| `Icmp InDestUnreachs` | 52 → 52 (+0) | 52 → 52 (+0) |");
  });

  it("shows what the verdict rests on, and what that means", () => {
    const text = reportOn(rejected);
    expect(text).toContain(
      "| target, burst 2 | 3 | 3 | 0 | 3 | 0 | not shown |\n| control | 3 | 3 | 3 | 3 | 0 | not shown |",
    );
    expect(text).toContain("- a rule refused: ");
    expect(text).toContain("its counter can be trusted");
    expect(text).toContain("- listening: 0.0.0.0:9000, inode 101, uid 1000, 0 waiting to be accepted");
    expect(text).not.toContain("Made for this report");
  });

  it("accuses nobody where the kernel refused, or nothing was proven", () => {
    const kernel = refusal({ bursts: [{ ...burst({ resetsSent: 3 }), inodes: [] }] });
    const text = reportOn(withProof(refused(), { refusal: kernel }), {}, unbound());
    expect(text).toContain("the kernel refused, one reset for each attempt: no rule refuses this port");
    expect(text).toContain("- no socket listens on port 9000, on any address");
    const noise = refusal({ control: burst({ resetsSent: null }), trackedConnections: 2 });
    const unproven = reportOn(withProof(refused(), { refusal: noise }), {}, unbound());
    expect(unproven).toContain("who refused is not told; the control did not prove the counter");
    expect(unproven).toContain("connections tracked over loopback: 2");
    expect(unproven).toContain("| control | 3 | 3 | not shown | 3 | 0 |");
  });

  it("shows a time-out by its witnesses and the queue", () => {
    const timeout = { attempts: 2, timedOut: 2, queueOverflows: 0 };
    const text = reportOn(withProof(failed("timeout"), { timeout, canary: "ok" }));
    expect(text).toContain("2 of 2 parallel connects got no answer");
    expect(text).toContain("`TcpExt ListenOverflows` in the same time: +0");
    expect(text).toContain("- the gate's own listener in the same moment: ok");
  });

  it("says what it proves and what not, and how to see the same by hand", () => {
    const text = reportOn(rejected);
    expect(text).toContain("## What this proves, and what it does not");
    for (const command of [
      "nsenter -t PID -n nstat -az TcpOutRsts TcpAttemptFails IcmpInDestUnreachs",
      "/dev/tcp/127.0.0.1/9000",
      "nsenter -t PID -n ss -ltn",
      "nsenter -t PID -n nft list ruleset",
      "nsenter -t PID -n iptables-save",
    ]) {
      expect(text).toContain(command);
    }
  });

  it("is a report all the same when nothing fails, or nothing was gathered", () => {
    const text = reportOn(answered("ready"));
    expect(text).toContain("## No connection fails");
    expect(text).toContain("| http | http://127.0.0.1:9000/v2/health/ready | READY | 127.0.0.1 | target | ok |");
    expect(text).toContain("/dev/tcp/127.0.0.1/9000");
    expect(reportOn(refused(), {}, unbound())).toContain("Nothing was gathered to tell who refused.");
  });

  it("takes nothing that a server said for markup", () => {
    const hostile = "<script>alert(1)</script> [x](http://evil) | `y`\u001b[31m";
    const text = reportOn(answered("not-ready", { message: hostile, code: hostile }), { origin: [hostile] });
    expect(text).toContain("\\<script\\>");
    expect(text).not.toMatch(/[^\\]<script|[^\\]\[x/);
    expect(text).not.toContain("\u001b");
  });
});
