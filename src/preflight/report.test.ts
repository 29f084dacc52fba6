import { describe, expect, it } from "vitest";
import { classOf, type VerdictCode } from "../core/verdict-table.ts";
import { outcomeOf, type PathReport, type PortReport } from "./report.ts";
import { preflightText } from "./report-text.ts";

const path = (code: VerdictCode | null, more: Partial<PathReport> = {}): PathReport => ({
  address: "127.0.0.1",
  role: "own",
  state: code === null ? "open" : classOf(code) === "network-block" ? "blocked" : "unknown",
  verdict:
    code === null
      ? null
      : { code, class: classOf(code), summary: `says ${code}`, remedy: `cures ${code}`, evidence: ["seen"] },
  ...more,
});
const port = (more: Partial<PortReport> = {}): PortReport => ({
  port: 9000,
  targets: ["http"],
  isRequired: true,
  binding: { ok: true, address: "0.0.0.0" },
  paths: [path(null)],
  ...more,
});
const taken = port({
  port: 9500,
  targets: ["grpc"],
  binding: { ok: false, errno: "EADDRINUSE", holders: [] },
  paths: [],
});
const classFor = (...ports: readonly PortReport[]) => outcomeOf({ ports, skipped: [] }).class;

describe("the outcome", () => {
  const unserved = path(null, { address: "::1", state: "not served" });

  it("is ready when all is open, or is another address that is not served", () => {
    expect(classFor(port(), port({ paths: [path(null), { ...unserved, role: "other" }] }))).toBe("ready");
  });

  it("is doubt, in words too, when a target's own address was not tried", () => {
    expect(outcomeOf({ ports: [port(), port({ paths: [path(null), unserved] })], skipped: [] })).toEqual({
      class: "unknown",
      summary: "the path to [::1]:9000 (http) was not tried: the port could be bound for IPv4 alone",
    });
    expect(classFor(port(), port({ isRequired: false, paths: [unserved] }))).toBe("ready");
  });

  it("is the worst of what was found: a block, a port that is taken, one that cannot be bound, doubt", () => {
    const denied = port({ binding: { ok: false, errno: "EACCES", holders: [] }, paths: [] });
    const doubtful = port({ paths: [path("LOCAL_LIMIT")] });
    const blocked = port({ paths: [path("DROPPED")] });
    expect(classFor(doubtful, denied, taken, blocked)).toBe("network-block");
    expect(classFor(doubtful, denied, taken)).toBe("misconfiguration");
    expect(classFor(doubtful, denied)).toBe("unknown");
    expect(classFor(doubtful)).toBe("unknown");
  });

  it("names the worst block", () => {
    const { summary } = outcomeOf({ ports: [port({ paths: [path("INTERCEPTED"), path("REJECTED")] })], skipped: [] });
    expect(summary).toBe("blocked: REJECTED: says REJECTED");
  });

  it("does not hang on other addresses of the pod, nor on targets that are not required", () => {
    expect(classFor(port({ paths: [path(null), path("REJECTED", { role: "other" })] }))).toBe("ready");
    expect(
      classFor(port(), port({ isRequired: false, paths: [path("REJECTED")] }), { ...taken, isRequired: false }),
    ).toBe("ready");
  });

  it("is not ready when nothing was tried", () => {
    expect(classFor()).toBe("unknown");
  });
});

describe("the text", () => {
  it("shows each address in a column, and what to do once for each code", () => {
    const other = path("REJECTED", { address: "10.42.0.7", role: "other" });
    const text = preflightText({ ports: [port({ paths: [path("REJECTED"), other] }), taken], skipped: [] });
    expect(text).toBe(`target  port  bound on    127.0.0.1  10.42.0.7
http    9000  0.0.0.0     REJECTED   REJECTED
grpc    9500  EADDRINUSE  -          -

! http: REJECTED: says REJECTED
  - seen
- http: REJECTED: says REJECTED
  - seen
! grpc: port 9500 cannot be bound: EADDRINUSE
  - no socket listens on it: one is bound without listening, or a connection of it is still open
REJECTED: cures REJECTED
blocked: REJECTED: says REJECTED
`);
  });

  it("says which targets were not tried", () => {
    const text = preflightText({ ports: [], skipped: [{ name: "far", reason: "it is far away" }] });
    expect(text).toBe("far was not tried: it is far away\nno required target is in this network namespace\n");
  });
});
