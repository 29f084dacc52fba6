import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Given, load, loaded } from "./load-for-tests.ts";
import type { OptionKey } from "./option.ts";
import { OPTIONS } from "./options.ts";
import { formatProblems } from "./problem.ts";

describe("precedence", () => {
  const values: ReadonlyArray<readonly [OptionKey, readonly [string, string, string]]> = [
    ["preset", ["mlserver", "triton", "seldon"]],
    ["host", ["a", "b", "c"]],
    ["targets", ["a=tcp://a:1", "b=tcp://b:1", "c=tcp://c:1"]],
    ["openOn", ["live", "ready", "live"]],
    ["probeTimeout", ["1s", "2s", "3s"]],
    ["backoffMax", ["60ms", "70ms", "80ms"]],
    ["failureThreshold", ["5", "6", "7"]],
    ["models", ["a", "b", "c"]],
    ["startupBudget", ["1s", "2s", "3s"]],
    ["listen", [":1001", ":1002", ":1003"]],
    ["grpcListen", [":1101", "", ":1103"]],
    ["journal", ["/a", "/b", "/c"]],
    ["podIps", ["10.0.0.1", "10.0.0.2", "10.0.0.3"]],
    ["logLevel", ["debug", "warn", "error"]],
  ];

  type Source = "flag" | "environment" | "file";
  const ranks = ["flag", "environment", "file"] as const;

  /** The sources in `from` set the option, each to its own value. */
  function given(key: OptionKey, texts: readonly [string, string, string], from: readonly Source[]): Given {
    const [flag, variable, text] = texts;
    const preset = key === "preset" ? {} : { preset: "triton" };
    return {
      flags: from.includes("flag") ? { ...preset, [key]: flag } : preset,
      environment: from.includes("environment") ? { [OPTIONS[key].variable]: variable } : {},
      file: from.includes("file") ? `${key}: ${JSON.stringify(text)}` : "",
    };
  }

  it("lets the strongest source that sets an option win, whatever the weaker ones say", async () => {
    const property = fc.asyncProperty(
      fc.constantFrom(...values),
      fc.subarray([...ranks]),
      async ([key, texts], from) => {
        const strongest = ranks.find((source) => from.includes(source));
        const together = await loaded(given(key, texts, from));
        const alone = await loaded(given(key, texts, strongest === undefined ? [] : [strongest]));
        expect(together.settings).toEqual(alone.settings);
        expect(together.origins).toEqual(alone.origins);
        expect(together.origins[key]).toBe(strongest ?? (key === "targets" ? "preset" : "default"));
      },
    );
    await fc.assert(property, { numRuns: 200 });
  });

  it("tells the values of the sources apart", async () => {
    for (const [key, texts] of values.filter(([name]) => name !== "openOn" && name !== "host")) {
      const results = await Promise.all(ranks.map((source) => loaded(given(key, texts, [source]))));
      expect(new Set(results.map(({ settings }) => JSON.stringify(settings))).size, key).toBe(3);
    }
  });

  it("lets any source win over what a preset sets", async () => {
    for (const given of [
      { flags: { openOn: "ready" } },
      { environment: { GATE_OPEN_ON: "ready" } },
      { file: "openOn: ready" },
    ]) {
      expect((await loaded(given)).settings.policy).toMatchObject({ openOn: "ready", startupBudgetMs: 90_000 });
    }
  });
});

describe("any text at all", () => {
  it("never makes the loader throw", async () => {
    const keys = fc.constantFrom(...Object.values(OPTIONS));
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string(),
      fc.constantFrom(":0", "1s", "a=http://h", "[", "*a", "&a", "!!x"),
    );
    const yaml = fc.oneof(
      text,
      fc.array(fc.tuple(keys, text)).map((lines) => lines.map(([{ key }, value]) => `${key}: ${value}`).join("\n")),
    );
    const inputs = fc.record({
      file: yaml,
      variables: fc.array(fc.tuple(keys, text)),
      flags: fc.array(fc.tuple(keys, fc.array(text))),
    });
    const property = fc.asyncProperty(inputs, async ({ file, variables, flags }) => {
      const environment = Object.fromEntries(variables.map(([{ variable }, value]) => [variable, value]));
      const result = await load({
        file,
        environment,
        flags: Object.fromEntries(flags.map(([{ key }, value]) => [key, value])),
      });
      if (result.ok) return;
      expect(result.problems.length).toBeGreaterThan(0);
      const lines = formatProblems(result.problems).split("\n");
      expect(lines.length).toBe(1 + Math.min(50, result.problems.length) + (result.problems.length > 50 ? 1 : 0));
    });
    await fc.assert(property, { numRuns: 500 });
  });
});
