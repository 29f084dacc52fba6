import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answered, httpTarget, listening, look, moment, refused, START } from "../../test/support/looks.ts";
import { arbitraryLife, headLines, recordLife } from "../../test/support/recorded-life.ts";
import { newGate, type Transition } from "./gate.ts";
import { formatLine, journalEntries, parseJournal } from "./journal.ts";
import { LINE_LIMIT } from "./journal-trim.ts";
import type { Proof } from "./proof.ts";
import { transitionJson } from "./transition-json.ts";

const BURST = {
  at: moment(98),
  attempts: 3,
  refused: 3,
  ms: 0.9,
  resetsSent: 3,
  attemptFails: 3,
  icmpUnreachable: null,
};
const PROOF: Proof = {
  refusal: { bursts: [{ ...BURST, inodes: [] }], control: BURST, trackedConnections: 0 },
  timeout: { attempts: 2, timedOut: 2, queueOverflows: 0 },
  canary: "ok",
};

const LIFE = recordLife([
  { target: 0, look: look({ ...refused(), proof: PROOF }, { atMs: 100 }) },
  { target: 0, look: look(answered("not-ready", { message: "lädt\u2028日本 🚀" }), { atMs: 900 }) },
  { target: 1, look: look(answered("ready"), { atMs: 950 }) },
  { target: 0, look: look(answered("ready"), { atMs: 1000 }) },
]);
const TEXT = LIFE.lines.join("");

/** What JSON makes of a value. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("a journal", () => {
  it("gives back what was written, line by line", () => {
    expect(LIFE.lines).toHaveLength(9);
    expect(parseJournal(TEXT)).toEqual({
      entries: LIFE.lines.map((line) => JSON.parse(line)),
      isTorn: false,
      unreadable: 0,
    });
    expect([...journalEntries(TEXT)]).toEqual(parseJournal(TEXT).entries);
  });

  it("is ASCII alone, and keeps every character all the same", () => {
    expect(TEXT).toMatch(/^[\n\x20-\x7e]*$/);
    expect(JSON.stringify(parseJournal(TEXT).entries)).toContain("lädt\u2028日本 🚀");
  });

  it("is read up to its last whole line wherever it was cut off", () => {
    const ends = LIFE.lines.map((_, index) => LIFE.lines.slice(0, index + 1).join("").length);
    for (let length = 0; length < TEXT.length; length += 1) {
      const { entries, isTorn, unreadable } = parseJournal(TEXT.slice(0, length));
      // A line whose newline alone is missing is whole.
      const whole = ends.filter((end) => end - 1 <= length);
      expect(entries).toHaveLength(whole.length);
      const isAtEnd = length === 0 || ends.includes(length) || ends.includes(length + 1);
      expect({ length, isTorn, unreadable }).toEqual({ length, isTorn: !isAtEnd, unreadable: 0 });
    }
  });

  it("goes on after a line that was cut off in its middle, which is counted", () => {
    const cut = `${TEXT.slice(0, -200)}\n${TEXT}`;
    const { entries, isTorn, unreadable } = parseJournal(cut);
    expect({ count: entries.length, isTorn, unreadable }).toEqual({ count: 17, isTorn: false, unreadable: 1 });
  });

  it.each([
    ["nothing but a number", "7"],
    ["a list", "[]"],
    ["an object of another kind", '{"kind":"other"}'],
    ["deep nesting", "[".repeat(10_000)],
    ["a line over the limit", `"${"x".repeat(LINE_LIMIT)}"`],
    ["bytes that are no text", "\u0000\u00ff\u00fe"],
  ])("counts %s as unreadable", (_, line) => {
    expect(parseJournal(`${line}\n`)).toEqual({ entries: [], isTorn: false, unreadable: 1 });
  });

  it("takes bursts of former versions, which did not count packets of loopback, and no other value for them", () => {
    const line = LIFE.lines.find((one) => one.includes('"icmpUnreachable":null')) ?? "";
    const counting = (value: string) => line.replaceAll('"icmpUnreachable"', `"loopbackPackets":${value},$&`);
    const isTaken = (text: string) => parseJournal(text).entries.length === 1;
    expect([line, counting("null"), counting("0")].map(isTaken)).toEqual([true, true, true]);
    expect([counting('"0"'), counting("{}")].map(isTaken)).toEqual([false, false]);
  });

  it("does not take a line that lacks a field, or has a value of another type in it, at any depth", () => {
    for (const line of LIFE.lines) {
      const paths = pathsOf(JSON.parse(line));
      expect(paths.length).toBeGreaterThan(15);
      for (const path of paths) {
        expect({ path, entries: parseJournal(`${without(line, path)}\n`).entries }).toEqual({ path, entries: [] });
        expect({ path, entries: parseJournal(`${changed(line, path)}\n`).entries }).toEqual({ path, entries: [] });
      }
    }
  });

  it("takes no moment that a date cannot show, and no number beyond all bounds", () => {
    const [, state = ""] = LIFE.lines;
    for (const wrong of ["1e300", "1e999", "-1e999", "null", '"x"']) {
      const line = state.replaceAll(`"wallMs":${START.wallMs}`, `"wallMs":${wrong}`);
      expect(line).not.toBe(state);
      expect(parseJournal(line).entries).toEqual([]);
    }
  });

  it("reads any text, and any damage to a journal, without an exception", () => {
    const damaged = fc
      .tuple(fc.nat(TEXT.length), fc.nat(50), fc.string({ unit: "binary", maxLength: 20 }))
      .map(([from, length, put]) => TEXT.slice(0, from) + put + TEXT.slice(from + length));
    const anything = fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.json(), damaged);
    fc.assert(
      fc.property(anything, (text) => {
        const { entries, unreadable } = parseJournal(text);
        const lines = text.split("\n").filter((line) => line !== "").length;
        expect(entries.length + unreadable).toBeLessThanOrEqual(lines);
        expect(entries.length + unreadable).toBeGreaterThanOrEqual(lines - 1);
      }),
      { numRuns: 300 },
    );
  });

  it("gives back every line of any life", { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(arbitraryLife, ({ lines }) => {
        const { entries, unreadable } = parseJournal(lines.join(""));
        expect(unreadable).toBe(0);
        expect(entries).toEqual(lines.map((line) => JSON.parse(line)));
      }),
    );
  });
});

describe("a line that is too long", () => {
  const sockets = Array.from({ length: 2000 }, (_, index) => ({
    inode: index,
    address: index < 1990 ? "0.0.0.0" : "::",
  }));
  const crowded = look(answered("ready", { message: "ж".repeat(200), modelsPending: manyModels() }), {
    listen: listening(...sockets),
  });

  function manyModels(): string[] {
    return Array.from({ length: 500 }, (_, index) => `a-model-with-a-long-name-${index}`);
  }

  it("is trimmed to the limit, says so, and is read as a line", () => {
    const { lines } = recordLife([{ target: 0, look: crowded }]);
    const trimmed = lines.at(-1) ?? "";
    expect(trimmed.length).toBeLessThanOrEqual(LINE_LIMIT + 1);
    expect(parseJournal(trimmed).entries).toMatchObject([{ kind: "target", trimmed: true }]);
  });

  it("keeps a socket of each address", () => {
    const { lines } = recordLife([{ target: 0, look: crowded }]);
    const [entry] = parseJournal(lines.at(-1) ?? "").entries;
    const { listen } = (entry?.kind === "target" && entry.look) || crowded;
    const addresses = listen.isKnown ? listen.sockets.map(({ address }) => address) : [];
    expect(new Set(addresses)).toEqual(new Set(["0.0.0.0", "::"]));
    expect(addresses.length).toBeLessThan(40);
  });

  it("keeps the target whole, by which a state is found again", () => {
    const path = `/${"p".repeat(1900)}`;
    const target = httpTarget({ path, url: `http://127.0.0.1:9000${path}` });
    const gate = newGate([target], recordLife([]).state.policy, START);
    const states = gate.targets.map((one) => ({
      ...one,
      lastLook: crowded,
      memory: recordLife([{ target: 0, look: crowded }]).state.targets[0]?.memory ?? one.memory,
    }));
    const [, line = ""] = headLines({ ...gate, targets: states }, "start");
    expect(line.length).toBeLessThanOrEqual(LINE_LIMIT + 1);
    expect(parseJournal(line).entries).toMatchObject([{ kind: "state", trimmed: true, target: { ...target } }]);
  });

  it("is left as it is when it just fits", () => {
    const fits: Transition = {
      kind: "gate",
      at: moment(0),
      sinceStartMs: 0,
      phaseMs: 0,
      target: "http",
      from: { phase: "starting" },
      to: { phase: "ready" },
      verdict: {
        ...(newGate([httpTarget()], recordLife([]).state.policy, START).targets[0]?.verdict ?? fail()),
        summary: "",
      },
    };
    const room = LINE_LIMIT + 1 - formatLine(transitionJson(fits)).length;
    const withSummary = (length: number) =>
      formatLine(transitionJson({ ...fits, verdict: { ...fits.verdict, summary: "s".repeat(length) } }));
    expect(withSummary(room)).toHaveLength(LINE_LIMIT + 1);
    expect(withSummary(room)).not.toContain("trimmed");
    expect(parseJournal(withSummary(room)).unreadable).toBe(0);
    expect(withSummary(room + 1)).toContain('"trimmed":true');
  });

  function fail(): never {
    throw new Error("the gate has a target");
  }
});

/** Every place in a value where an object has a field; in `errors` any names will do, and lists may lack items. */
function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) => {
    const here = [...path, name];
    const isFree = path.at(-1) === "errors" || name === "format" || Array.isArray(value);
    return [...(isFree ? [] : [here]), ...pathsOf(field, here)];
  });
}

function edited(line: string, path: readonly string[], edit: (holder: Record<string, unknown>, name: string) => void) {
  const value = plain(JSON.parse(line)) as Record<string, unknown>;
  const [name = "", ...outer] = [...path].reverse();
  const holder = outer.reverse().reduce((at, key) => at[key] as Record<string, unknown>, value);
  edit(holder, name);
  return JSON.stringify(value);
}

function without(line: string, path: readonly string[]): string {
  return edited(line, path, (holder, name) => {
    delete holder[name];
  });
}

function changed(line: string, path: readonly string[]): string {
  return edited(line, path, (holder, name) => {
    holder[name] = { unlike: "anything" };
  });
}
