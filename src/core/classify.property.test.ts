import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraryLooks, arbitraryPolicy, arbitraryTarget, movedTo } from "../../test/support/arbitrary-looks.ts";
import { START } from "../../test/support/looks.ts";
import { classify } from "./classify.ts";
import { type Case, factsOf } from "./facts.ts";
import { NO_MEMORY, rememberLook } from "./memory.ts";
import { RULES } from "./rules.ts";
import { classOf, VERDICTS } from "./verdict-table.ts";

/** A look of any kind, with the memory of any looks before it. */
const arbitraryCase: fc.Arbitrary<Case> = fc
  .record({ target: arbitraryTarget, looks: arbitraryLooks(8), policy: arbitraryPolicy })
  .map(({ target, looks, policy }) => {
    const [look, ...earlier] = [...looks].reverse() as [(typeof looks)[0] & object, ...typeof looks];
    return { target, look, memory: earlier.reverse().reduce(rememberLook, NO_MEMORY), policy, startedAt: START };
  });

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

  it("no verdict is of the class network-block", () => {
    fc.assert(
      fc.property(arbitraryCase, (situation) => classOf(classify(situation).code) !== "network-block"),
      { numRuns: 1000 },
    );
  });

  it("the summary holds no time and no counter", () => {
    fc.assert(
      fc.property(
        arbitraryCase,
        fc.nat(5000),
        fc.double({ min: 0, max: 9999, noNaN: true }),
        (situation, laterMs, ms) => {
          const { look, memory, policy } = situation;
          const other: Case = {
            ...situation,
            policy: { ...policy, startupBudgetMs: policy.startupBudgetMs + laterMs },
            memory: { ...memory, attempts: memory.attempts + 7, restarts: memory.restarts + 1, errors: {} },
            look: {
              ...movedTo(look, look.ended.monotonicMs + laterMs, 1),
              paths: look.paths.map((path) => ({
                ...path,
                connect: path.connect === null ? null : { ...path.connect, ms },
                answer: path.answer === null ? null : { ...path.answer, ms },
              })),
              listen: look.listen.isKnown
                ? { ...look.listen, sockets: look.listen.sockets.map((socket) => ({ ...socket, acceptQueue: 9 })) }
                : look.listen,
            },
          };
          expect(classify(other)).toMatchObject({
            code: classify(situation).code,
            summary: classify(situation).summary,
          });
        },
      ),
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
