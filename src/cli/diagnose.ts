import { writeFileSync } from "node:fs";
import { openLog } from "../record/log.ts";
import { proofReport } from "../report/proof-report.ts";
import { reportLines } from "../report/report.ts";
import type { Context } from "./context.ts";
import { diagnoseFile } from "./diagnose-file.ts";
import { diagnoseNow, type GoodSettings } from "./diagnose-now.ts";
import { watchDiagnosis } from "./diagnose-watch.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { exitCodeOf } from "./exit-codes.ts";
import { reportStyleOf } from "./report-style.ts";
import { UsageError } from "./usage-error.ts";
import { VERSION } from "./version.ts";

/** How a diagnosis is asked for. */
export interface DiagnoseFlags {
  readonly json?: boolean;
  readonly watch?: boolean;
  /** A file to diagnose from instead of looking. */
  readonly from?: string;
  /** A file for the proof, in Markdown; `-` is standard output. */
  readonly report?: string;
}

/**
 * Looks once and thoroughly, or goes on looking, and prints what it means.
 *
 * @returns the exit code, by the snapshot that was shown last
 * @throws {UsageError} when flags do not go together, or a file cannot be read or written
 */
export async function diagnose(loaded: GoodSettings, flags: DiagnoseFlags, context: Context): Promise<number> {
  const conflict = conflictOf(flags);
  if (conflict !== null) throw new UsageError(conflict);
  const log = openLog(loaded.settings.logLevel, 2);
  for (const text of loaded.warnings) log.warn(text);
  if (flags.watch) return await watchDiagnosis(loaded, { isJson: flags.json === true, context });
  const { from } = flags;
  const diagnosis = from === undefined ? await diagnoseNow(loaded) : await diagnoseFile(from, loaded.settings);
  if (flags.report !== "-") process.stdout.write(textOf(diagnosis, flags, context));
  if (flags.report !== undefined) await writeProof(flags.report, diagnosis);
  return exitCodeOf(diagnosis.snapshot.ready, diagnosis.snapshot.verdict.class);
}

function conflictOf({ json, watch, from, report }: DiagnoseFlags): string | null {
  if (watch && from !== undefined) return "--watch looks at what is there now, and --from at a file: take one of them";
  if (watch && report !== undefined) return "--report is written once: take it without --watch";
  if (json && report === "-") return "--json and --report - both go to standard output: name a file for the report";
  return null;
}

function textOf(diagnosis: Diagnosis, { json }: DiagnoseFlags, { environment }: Context): string {
  if (json) return `${JSON.stringify(diagnosis.snapshot, null, 2)}\n`;
  const lines = reportLines(diagnosis.snapshot, diagnosis, reportStyleOf(process.stdout, environment));
  return `${lines.join("\n")}\n`;
}

async function writeProof(name: string, diagnosis: Diagnosis): Promise<void> {
  const { snapshot, failing, kernel, origin, measure } = diagnosis;
  const measurements = measure === null ? [] : await measure();
  const text = proofReport({ snapshot, failing, kernel, origin, measurements, version: VERSION });
  try {
    if (name === "-") process.stdout.write(text);
    else writeFileSync(name, text);
  } catch (error) {
    throw new UsageError(`the report cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}
