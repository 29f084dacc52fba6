import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseStandInPlan } from "./plan.ts";

describe("parseStandInPlan", () => {
  it("makes an empty plan a server that is ready at once on ports of the kernel's choice", () => {
    expect(parseStandInPlan({})).toEqual({
      host: "127.0.0.1",
      httpPort: 0,
      grpcPort: 0,
      bindAfterMs: 0,
      answerAfterMs: 0,
      readyAfterMs: 0,
      httpFault: null,
      grpcFault: null,
      models: {},
      hasHealthService: false,
      backlog: 511,
    });
  });

  it("names every bad field in one message", () => {
    const bad = { httpPort: 70_000, grpcFault: "endless-body", bindAfterMs: -1, colour: "red" };
    for (const word of ["httpPort", "grpcFault", "bindAfterMs", "colour"]) {
      expect(() => parseStandInPlan(bad)).toThrow(word);
    }
  });

  it("refuses a plan that serves nothing", () => {
    expect(() => parseStandInPlan({ httpPort: null, grpcPort: null })).toThrow("nothing to serve");
  });

  it("gives a plan back unchanged when it is parsed again", () => {
    const duration = fc.option(fc.nat());
    const plans = fc.record(
      { bindAfterMs: duration, answerAfterMs: duration, readyAfterMs: duration, httpPort: fc.nat(65_535) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(plans, (input) => {
        const plan = parseStandInPlan(input);
        expect(parseStandInPlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
        expect(plan).toMatchObject(input);
      }),
    );
  });
});
