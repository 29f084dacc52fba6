import { describe, expect, it } from "vitest";
import {
  type Guard,
  hasShape,
  isCount,
  isEither,
  isFlag,
  isListOf,
  isOneOf,
  isRecordOf,
  isText,
  isWithin,
  mayHave,
  orNull,
} from "./guard.ts";

const ANYTHING = [
  undefined,
  null,
  true,
  0,
  1,
  -1,
  0.5,
  1e308,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  "",
  "a",
  [],
  ["a"],
  {},
  { a: "b" },
];

/** Of many values those that a guard takes. */
const taken = (guard: Guard<unknown>) => ANYTHING.filter((value) => guard(value));

describe("a guard", () => {
  it.each<[string, Guard<unknown>, readonly unknown[]]>([
    ["a text", isText, ["", "a"]],
    ["a flag", isFlag, [true]],
    ["a count", isCount, [0, 1]],
    ["a number within 0.5", isWithin(0.5), [0, 0.5]],
    ["one of some words", isOneOf<string | number>("a", 1, "z"), [1, "a"]],
    ["a text or null", orNull(isText), [null, "", "a"]],
    ["a list of texts", isListOf(isText), [[], ["a"]]],
    ["a list of counts", isListOf(isCount), [[]]],
    ["a record of texts", isRecordOf(isText), [{}, { a: "b" }]],
    ["a record of counts", isRecordOf(isCount), [{}]],
    ["a shape", hasShape<{ readonly a: string }>({ a: isText }), [{ a: "b" }]],
    ["a flag or a count", isEither(isFlag, isCount), [true, 0, 1]],
  ])("takes %s and nothing else", (_, guard, expected) => {
    expect(taken(guard)).toEqual(expected);
  });

  it("lets fields be absent that may be, but no other value be in them", () => {
    const isBoth = mayHave<{ readonly a: string }, { readonly b: number }>(hasShape({ a: isText }), { b: isCount });
    expect([{ a: "x" }, { a: "x", b: 1 }, { a: "x", b: "1" }, { b: 1 }].map(isBoth)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it("asks for fields of the object's own, and lets others be", () => {
    const isNamed = hasShape<{ readonly toString: string }>({ toString: isText });
    expect([{}, { toString: "x" }, { toString: "x", more: 1 }].map(isNamed)).toEqual([false, true, true]);
  });
});
