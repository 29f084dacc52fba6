import { describe, expect, it } from "vitest";
import { moment } from "../../test/support/looks.ts";
import { type Reading, verdictOf, worst } from "./verdict.ts";
import {
  CLASS_MEANINGS,
  VERDICT_CODES as CODES,
  classOf,
  compareCodes,
  VERDICT_CLASSES,
  VERDICTS,
  type VerdictCode,
} from "./verdict-table.ts";

describe("the table of verdicts", () => {
  it("holds the published codes in their published order and classes", () => {
    const published = CODES.map((code) => `${code} ${classOf(code)}`);
    expect(published).toEqual([
      "READY ready",
      "NOT_LISTENING slow-startup",
      "STARTING_UP slow-startup",
      "NOT_READY slow-startup",
      "REJECTED network-block",
      "DROPPED network-block",
      "UNREACHABLE network-block",
      "DENIED network-block",
      "INTERCEPTED network-block",
      "LOOPBACK_DOWN network-block",
      "BOUND_ELSEWHERE misconfiguration",
      "WRONG_PROTOCOL misconfiguration",
      "TLS_MISMATCH misconfiguration",
      "NO_SUCH_ENDPOINT misconfiguration",
      "NAME_UNRESOLVED misconfiguration",
      "HUNG server-fault",
      "BACKLOG_FULL server-fault",
      "RESET server-fault",
      "ERRORING server-fault",
      "STOPPED_LISTENING server-fault",
      "NEVER_LISTENED server-fault",
      "RESTARTING server-fault",
      "REMOTE_UNREACHABLE unknown",
      "LOCAL_LIMIT unknown",
      "UNKNOWN unknown",
    ]);
  });

  it.each(CODES)("says of %s what it means, how it is told, what is like it and what to do", (code) => {
    const { means, told, alike, remedy } = VERDICTS[code];
    for (const text of [means, told, alike, remedy]) {
      expect(text).toMatch(/^[A-Z`][^\n]{8,}[.)]$/);
      expect(text.split("`").length % 2, "backticks come in pairs").toBe(1);
    }
    expect(means).toMatch(/^[^.]+\.$/);
    expect(remedy.length, "it goes into every snapshot").toBeLessThanOrEqual(360);
  });

  it("tells the codes apart by naming others, all of which exist", () => {
    const named = CODES.flatMap((code) =>
      [...VERDICTS[code].alike.matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, one]) => one),
    );
    const foreign = ["DEADLINE_EXCEEDED", "UNIMPLEMENTED", "GATE_MODELS"];
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((one) => one === undefined || !(one in VERDICTS || foreign.includes(one)))).toEqual([]);
  });

  it("says of each class what its codes have in common", () => {
    for (const one of VERDICT_CLASSES) expect(CLASS_MEANINGS[one]).toMatch(/^[A-Z][^\n]+\.$/);
  });

  it("names the commands that show why a server ended", () => {
    expect(VERDICTS.NEVER_LISTENED.remedy).toMatch(/kubectl get pod.*kubectl logs --previous/);
  });
});

describe("the order of verdicts", () => {
  it("goes by class, worst first, then by the table", () => {
    const sorted = [...CODES].sort(compareCodes);
    expect([...new Set(sorted.map(classOf))]).toEqual(VERDICT_CLASSES);
    expect(sorted.slice(0, 2)).toEqual(["REJECTED", "DROPPED"]);
    expect(sorted.at(-1)).toBe("READY");
  });

  it("takes the first of equals", () => {
    const holder = (name: string, code: VerdictCode) => ({ name, verdict: { code, summary: "", evidence: [] } });
    expect(worst([holder("a", "READY"), holder("b", "HUNG"), holder("c", "HUNG")])?.name).toBe("b");
    expect(worst([])).toBeNull();
  });
});

describe("a verdict", () => {
  const reading: Reading = { code: "HUNG", summary: "s", evidence: ["e"] };

  it("takes class and remedy from the table", () => {
    expect(verdictOf(reading, moment(5), null)).toEqual({
      ...reading,
      class: "server-fault",
      remedy: VERDICTS.HUNG.remedy,
      since: moment(5),
    });
  });

  it("lasts for as long as its code is the same", () => {
    const before = verdictOf(reading, moment(5), null);
    expect(verdictOf({ ...reading, summary: "other" }, moment(9), before)).toMatchObject({
      since: moment(5),
      summary: "other",
    });
    expect(verdictOf({ ...reading, code: "RESET" }, moment(9), before).since).toEqual(moment(9));
  });
});
