import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Sighting } from "./run-scenario.ts";

/** What the lab saw of one scenario. */
export interface LabRecord {
  readonly group: string;
  readonly scenario: string;
  readonly sightings: readonly Sighting[];
}

const folder = fileURLToPath(new URL("../../.cache/lab", import.meta.url));

function fileOf(scenario: string): string {
  return join(folder, `${scenario.replaceAll(/[^A-Za-z0-9.]+/g, "-")}.json`);
}

/** Keeps what was seen for the matrix; one file a scenario, since several are played at once. */
export function writeRecord(record: LabRecord): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(record.scenario), `${JSON.stringify(record, null, 2)}\n`);
}

/** What was last seen of a scenario; null when it has not been played. */
export function readRecord(scenario: string): LabRecord | null {
  try {
    return JSON.parse(readFileSync(fileOf(scenario), "utf8")) as LabRecord;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
