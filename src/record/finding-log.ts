import type { SnapshotFinding } from "../core/snapshot.ts";
import type { Log } from "./log.ts";

/** Logs a finding that has appeared, on one line. */
export function logFinding(log: Log, { code, target, summary, remedy, evidence }: SnapshotFinding): void {
  log.info({ finding: code, ...(target === "" ? {} : { target }), remedy, evidence }, `${code}: ${summary}`);
}
