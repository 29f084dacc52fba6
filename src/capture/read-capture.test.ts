import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { captureText, rowOf } from "../../test/support/capture-text.ts";
import { POLICY } from "../../test/support/looks.ts";
import { classify } from "../core/classify.ts";
import { NO_MEMORY } from "../core/memory.ts";
import { isRefusedBesideSocket } from "../core/proof.ts";
import { classOf } from "../core/verdict-table.ts";
import { isCapture } from "./outline.ts";
import { type Capture, readCapture } from "./read-capture.ts";

function read(text: string): Capture {
  const result = readCapture(text);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.capture;
}

function lookOf(text: string) {
  const [captured] = read(text).targets;
  const path = captured?.look.paths[0];
  if (!captured || !path) throw new Error("no path");
  return { ...captured, path };
}

/** The classes of all verdicts on a capture; none where it cannot be read. */
function classesOf(text: string): readonly string[] {
  const result = readCapture(text);
  const targets = result.ok ? result.capture.targets : [];
  return targets.map(({ target, look }) => {
    return classOf(classify({ target, look, memory: NO_MEMORY, policy: POLICY, startedAt: look.began }).code);
  });
}

describe("a capture", () => {
  it("tells the surroundings", () => {
    expect(read(captureText({}))).toMatchObject({
      at: { wallMs: 1_795_530_318_153.9, monotonicMs: 318_970 },
      kernel: "5.14.0-503.el9.x86_64",
      netns: 4_026_532_011,
      ephemeralPorts: { first: 32_768, last: 60_999 },
      addresses: ["127.0.0.1", "10.42.1.7", "fd00::7"],
      listeners: [{ address: "0.0.0.0", port: 2024, inode: 539 }],
      processes: [{ pid: 1, name: "rclone", startedAt: { monotonicMs: 300_050 } }],
      isComplete: true,
    });
  });

  it("tells a port that the kernel refuses from one that a rule refuses", () => {
    expect(lookOf(captureText({})).path.connect).toMatchObject({ outcome: "refused", refusedBy: "kernel" });
    expect(lookOf(captureText({ resets: 0 })).path.connect?.refusedBy).toBe("firewall");
    expect(lookOf(captureText({ resets: 0, controlResets: 0 })).path.connect?.refusedBy).toBe("unknown");
    expect(lookOf(captureText({ resets: 2 })).path.connect?.refusedBy).toBe("unknown");
  });

  it("gives a look with its times, its table and its other addresses", () => {
    const { target, look } = lookOf(captureText({ before: [rowOf(21_641)] }));
    expect(target).toMatchObject({ name: "http", scheme: "http", port: 9000 });
    expect(look).toMatchObject({
      began: { monotonicMs: 319_060 },
      ended: { monotonicMs: 319_570 },
      stalledMs: 2,
      resolution: { isResolved: true },
      listen: { isKnown: true, sockets: [{ inode: 21_641, uid: 1000 }], isProven: false, otherPorts: [2024] },
    });
    expect(look.paths[1]).toMatchObject({
      address: "10.42.1.7",
      role: "evidence",
      isLocal: true,
      connect: { outcome: "ok", ms: 0.2 },
      answer: null,
    });
  });

  it("knows the sockets beside a burst only when they were the same before and after", () => {
    const beside = (before: readonly string[], after: readonly string[]) => {
      const refusal = lookOf(captureText({ before, after })).path.proof?.refusal;
      return (
        refusal && { inodes: refusal.bursts.map(({ inodes }) => inodes), isBeside: isRefusedBesideSocket(refusal) }
      );
    };
    expect(beside([rowOf(7)], [rowOf(7)])).toEqual({ inodes: [[7], [7]], isBeside: true });
    expect(beside([rowOf(7)], [rowOf(8)])).toEqual({ inodes: [null, null], isBeside: false });
    expect(beside([], [])).toEqual({ inodes: [[], []], isBeside: false });
  });

  it("does not know the sockets where the table was cut or could not be read", () => {
    for (const table of ["cut=1 unread=", "cut=0 unread=tcp,tcp6", "cut=0"]) {
      const text = captureText({}).replaceAll("cut=0 unread=", table);
      expect(lookOf(text).look.listen).toEqual({ isKnown: false, reason: "no-table" });
      expect(lookOf(text).path.proof?.refusal?.bursts[0]?.inodes).toBeNull();
    }
  });

  it("uses no control whose port was found to be somebody's", () => {
    const text = captureText({ resets: 0 }).replace(
      "path address=10.42.1.7",
      `rows when=control port=61136\n  row ${rowOf(9)}\n  table cut=0 unread=\npath address=10.42.1.7`,
    );
    expect(lookOf(text).path.proof?.refusal?.control).toBeNull();
    expect(lookOf(text).path.connect?.refusedBy).toBe("unknown");
  });

  it("says nothing of who refused an address that is not of this network namespace", () => {
    const text = captureText({ resets: 0 }).replaceAll("=127.0.0.1", "=192.0.2.9");
    expect(lookOf(text).path).toMatchObject({ isLocal: false, connect: { refusedBy: "unknown" }, proof: null });
    expect(lookOf(text).look.listen).toEqual({ isKnown: false, reason: "remote" });
  });

  it("tells a name that does not resolve", () => {
    const text = captureText({}).replace("failed us=183 text=Connection refused", "failed us=9 text=Try again");
    const [captured] = read(text).targets;
    expect(captured?.look.resolution).toEqual({ isResolved: false, code: "EAI_AGAIN" });
  });

  it("reads lines that end as a terminal ends them, and a word before the first", () => {
    const text = `Defaulted container "rclone"\n${captureText({})}`;
    expect(read(text.replaceAll("\n", "\r\n"))).toEqual(read(captureText({})));
    expect(isCapture(text)).toBe(true);
    expect(isCapture('{"time":"2026-11-24T12:00:00Z"}\n')).toBe(false);
  });

  it("that was cut short says so, by the line where it matters", () => {
    const text = captureText({}).replace("end cut=0\n", "");
    expect(readCapture(text)).toMatchObject({ ok: true, capture: { isComplete: false }, problems: [{ line: 0 }] });
    const broken = captureText({}).replace("url=http:", "url=gopher:");
    const line = broken.split("\n").findIndex((candidate) => candidate.startsWith("target")) + 1;
    expect(readCapture(broken)).toMatchObject({ ok: false, problems: [{ line }] });
  });

  it.each([
    ["", "is missing"],
    ["readiness-gate-capture v9\nat wall=1 up=1\n", '"readiness-gate-capture v1" is missing'],
    ["readiness-gate-capture v1\n", "the time of the capture is missing"],
    ["readiness-gate-capture v1\nat wall=1 up=1\n", "no target"],
    ["x".repeat(2 ** 21), "longer than"],
  ])("that is none is refused with one reason: %#", (text, reason) => {
    const problems = [{ line: expect.any(Number), message: expect.stringContaining(reason) }];
    expect(readCapture(text)).toEqual({ ok: false, problems });
  });
});

describe("hostile captures", () => {
  const closed = captureText({ before: [rowOf(7)] }).split("\n");

  it("never throw, whatever the text is", () => {
    const lines = fc.array(fc.oneof(fc.constantFrom(...closed), fc.string(), fc.string({ unit: "binary" })));
    fc.assert(
      fc.property(lines, (words) => {
        const result = readCapture(`${closed.slice(0, 3).join("\n")}\n${words.join("\n")}`);
        expect(typeof result.ok).toBe("boolean");
      }),
    );
  });

  it("never make a block out of a slow start by lines that are missing", () => {
    const start = captureText({}).split("\n");
    expect(classesOf(start.join("\n"))).toEqual(["slow-startup"]);
    const missing = fc.uniqueArray(fc.integer({ min: 3, max: start.length - 1 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(missing, (indices) => {
        const text = start.filter((_, index) => !indices.includes(index)).join("\n");
        expect(classesOf(text)).not.toContain("network-block");
      }),
      { numRuns: 500 },
    );
  });
});
