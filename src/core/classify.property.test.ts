import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraryLooks, arbitraryPolicy, arbitraryTarget } from "../../test/support/arbitrary-looks.ts";
import { blocksProven } from "../../test/support/blocks-proven.ts";
import { START } from "../../test/support/looks.ts";
import { classify } from "./classify.ts";
import { type Case, factsOf } from "./facts.ts";
import { NO_MEMORY, rememberLook } from "./memory.ts";
import { RULES } from "./rules.ts";
import { classOf, VERDICT_CODES, VERDICTS } from "./verdict-table.ts";

/** A look of any kind, with the memory of any looks before it. */
const arbitraryCase: fc.Arbitrary<Case> = fc
  .record({ target: arbitraryTarget, looks: arbitraryLooks(8), policy: arbitraryPolicy })
  .map(({ target, looks, policy }) => {
    const [look, ...earlier] = [...looks].reverse() as [(typeof looks)[0] & object, ...typeof looks];
    return { target, look, memory: earlier.reverse().reduce(rememberLook, NO_MEMORY), policy, startedAt: START };
  });

/** The same at another time, with other durations, counts of the past and lengths of queues. */
function withOtherFigures(
  situation: Case,
  { laterMs, ms, noise }: { readonly laterMs: number; readonly ms: number; readonly noise: number },
): Case {
  const text = JSON.stringify(situation, (key, value: unknown) => {
    if (key === "monotonicMs" || key === "wallMs") return Number(value) + laterMs;
    if (key === "ms") return ms;
    if (key === "acceptQueue") return Number(value) === 0 ? 0 : 1 + noise;
    return value;
  });
  const { memory, ...other } = JSON.parse(text) as Case;
  return {
    ...other,
    memory: { ...memory, attempts: memory.attempts + noise, restarts: memory.restarts + noise, errors: {} },
  };
}

describe("whatever the look and whatever came before it", { timeout: 30_000 }, () => {
  it("there is exactly one verdict, with its evidence, all in single lines", () => {
    fc.assert(
      fc.property(arbitraryCase, (situation) => {
        const { code, summary, evidence } = classify(situation);
        expect(Object.hasOwn(VERDICTS, code)).toBe(true);
        for (const line of [summary, ...evidence]) expect(line).toMatch(/^[^\n]+$/);
        expect(evidence.length).toBeGreaterThan(0);
      }),
      { numRuns: 1000 },
    );
  });

  it("exactly one rule is the first that applies to each path", () => {
    fc.assert(
      fc.property(arbitraryCase, (situation) =>
        situation.look.paths.every((path) => RULES.some((rule) => rule.applies(factsOf(situation, path)))),
      ),
    );
  });

  it("a network block is told only of what its evidence is there for", () => {
    fc.assert(
      fc.property(arbitraryCase, (situation) => {
        const { code } = classify(situation);
        const [path] = situation.look.paths;
        if (classOf(code) !== "network-block") return;
        expect(
          situation.look.paths.some((one) => one.role === "target" && blocksProven(one, situation).has(code)),
        ).toBe(true);
        if (situation.look.paths.length === 1) expect(path?.isLocal).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it("the summary holds no time and no counter", () => {
    const figures = fc.record({ laterMs: fc.nat(50_000), ms: fc.nat(9999), noise: fc.nat(9) });
    fc.assert(
      fc.property(arbitraryCase, figures, (situation, changes) => {
        const other = withOtherFigures(situation, changes);
        const { code, summary } = classify(situation);
        expect(classify(other)).toMatchObject({ code, summary });
      }),
      { numRuns: 1000 },
    );
  });

  it("a case that went through JSON is read the same", () => {
    fc.assert(
      fc.property(arbitraryCase, (situation) => {
        expect(classify(JSON.parse(JSON.stringify(situation)) as Case)).toEqual(classify(situation));
      }),
    );
  });
});

it("is tried on cases that reach every network block, and most of the other codes", () => {
  const codes = fc.sample(arbitraryCase, { numRuns: 5000, seed: 20_261_124 }).map((one) => classify(one).code);
  const counts = new Map(VERDICT_CODES.map((code) => [code, codes.filter((one) => one === code).length]));
  for (const code of VERDICT_CODES) {
    expect([code, (counts.get(code) ?? 0) >= (classOf(code) === "network-block" ? 5 : 1)]).toEqual([code, true]);
  }
});
