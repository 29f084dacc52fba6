import { writeFileSync } from "node:fs";
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
  readonly failures: readonly string[];
  readonly skips: readonly Skip[];
}

function nameOf(test: TestCase): string {
  return `${test.project.name}: ${test.fullName}`;
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
      ...inState("failed", "pending").map(nameOf),
      ...modules.flatMap(errorsAround),
      ...unhandled.map((error) => `outside of any test: ${error.message}`),
    ],
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
