import { existsSync } from "node:fs";
import { beforeEach, describe, onTestFailed, onTestFinished, test } from "vitest";
import { podsAvailable } from "../support/pod.ts";
import { openLab } from "./lab.ts";
import { PROGRAM } from "./lab-gate.ts";
import { root } from "./needs.ts";
import { writeRecord } from "./record.ts";
import { runScenario } from "./run-scenario.ts";
import type { Need, ScenarioGroup } from "./scenario.ts";

/** Skips the tests of a file, with the reason, where there are no pods. */
export function skipWithoutPods(): void {
  beforeEach(async ({ skip }) => {
    const support = await podsAvailable();
    if (!support.ok) skip(support.reason);
    if (!existsSync(PROGRAM)) throw new Error("dist/readiness-gate.mjs is missing: npm run build makes it");
  });
}

async function whyNot(needs: readonly Need[]): Promise<string | null> {
  for (const need of needs) {
    const reason = await need();
    if (reason !== null) return reason;
  }
  return null;
}

/** Makes a test of each scenario of a group, and keeps what it saw. */
export function play({ title, scenarios, needs = [] }: ScenarioGroup): void {
  skipWithoutPods();
  describe(title, () => {
    for (const scenario of scenarios) {
      test(`${scenario.name}: ${scenario.stages.map(({ verdict }) => verdict).join(", then ")}`, async ({ skip }) => {
        const peerNeeds = scenario.hasPeer ? [root] : [];
        const reason = await whyNot([...needs, ...peerNeeds, ...(scenario.needs ?? [])]);
        if (reason !== null) skip(reason);
        const lab = await openLab(scenario);
        onTestFinished(() => lab.close());
        onTestFailed(() => console.error(lab.output()));
        writeRecord({ group: title, scenario: scenario.name, sightings: await runScenario(scenario, lab) });
      });
    }
  });
}
