import { captureScript } from "../capture/script.ts";
import { openLog } from "../record/log.ts";
import type { Settings } from "../settings/settings.ts";
import { EXIT } from "./exit-codes.ts";
import { UsageError } from "./usage-error.ts";

/** What `capture` does its work with. */
export interface CaptureOptions {
  readonly settings: Settings;
  readonly warnings: readonly string[];
  /** Whether the script was asked for, which is all that the command does. */
  readonly hasPrintScript: boolean;
}

const HOW_TO_USE = `capture needs --print-script: it prints a script for a container where this program is not:
  readiness-gate capture --print-script | kubectl exec -i POD -c CONTAINER -- bash -s > FILE
  readiness-gate diagnose --from FILE
Where this program is, readiness-gate diagnose looks by itself.`;

/**
 * Prints the script that collects the evidence by bash and `/proc` alone.
 *
 * @returns the exit code
 * @throws {UsageError} without `--print-script`
 */
export function capture({ settings, warnings, hasPrintScript }: CaptureOptions): number {
  if (!hasPrintScript) throw new UsageError(HOW_TO_USE);
  const log = openLog(settings.logLevel, 2);
  for (const text of warnings) log.warn(text);
  process.stdout.write(captureScript(settings));
  return EXIT.ok;
}
