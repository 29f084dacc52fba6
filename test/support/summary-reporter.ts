import { writeFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import type { SerializedError } from "vitest";
import type { Reporter, TestCase, TestModule } from "vitest/node";

/** A test that did not run, and why. */
export interface Skip {
  readonly name: string;
  readonly reason: string;
}

/** What one run of vitest came to. Errors outside of tests count as failures. */
export interface Summary {
  readonly passed: number;
  /** Names, each with what went wrong. */
  readonly failures: readonly string[];
  /** Names of tests that passed, though not at the first try. */
  readonly retried: readonly string[];
  readonly skips: readonly Skip[];
}

/** Characters of one error that a summary keeps. */
const CAUSE_LIMIT = 2000;

function nameOf(test: TestCase): string {
  return `${test.project.name}: ${test.fullName}`;
}

/** The end of what CI prints may be all that is kept of it: a failure says there what went wrong, and where. */
function failureOf(test: TestCase): string {
  const causes = (test.result().errors ?? []).map(({ message, diff, stacks }) => {
    const place = stacks?.[0] === undefined ? "" : `\n(${stacks[0].file}:${stacks[0].line})`;
    return stripVTControlCharacters(`${message}\n${diff ?? ""}`.slice(0, CAUSE_LIMIT) + place);
  });
  return [nameOf(test), ...new Set(causes)].join("\n").replaceAll(/\n+/g, "\n    ");
}

function skipOf(test: TestCase): Skip {
  const result = test.result();
  const note = result.state === "skipped" ? result.note : undefined;
  return { name: nameOf(test), reason: note ?? `marked ${test.options.mode}` };
}

/** Errors of modules and suites: a file that cannot be loaded, a hook that failed; their tests may not be counted. */
function errorsAround(module: TestModule): string[] {
  const suites = [...module.children.allSuites()];
  const errors = [...module.errors(), ...suites.flatMap((suite) => suite.errors())];
  return errors.map((error) => `${module.project.name}: ${module.relativeModuleId}: ${error.message}`);
}

function summarize(modules: readonly TestModule[], unhandled: readonly SerializedError[]): Summary {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const inState = (...states: string[]) => tests.filter((test) => states.includes(test.result().state));
  return {
    passed: inState("passed").length,
    failures: [
      ...inState("failed", "pending").map(failureOf),
      ...modules.flatMap(errorsAround),
      ...unhandled.map((error) => `outside of any test: ${error.message}`),
    ],
    retried: inState("passed")
      .filter((test) => test.diagnostic()?.flaky)
      .map(nameOf),
    skips: inState("skipped").map(skipOf),
  };
}

/** Writes a {@link Summary} as JSON to the file that `READINESS_GATE_TEST_SUMMARY` names; without it, nothing. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const file = process.env["READINESS_GATE_TEST_SUMMARY"];
    if (file !== undefined) writeFileSync(file, JSON.stringify(summarize(modules, unhandled)));
  }
}
