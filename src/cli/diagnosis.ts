import type { FailingPath } from "../core/failing-path.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { Measurement } from "../report/proof-tables.ts";
import type { ReportExtras } from "../report/report.ts";

/** What a diagnosis found. */
export interface Diagnosis extends ReportExtras {
  readonly snapshot: Snapshot;
  /** Paths that failed, with their proof. */
  readonly failing: readonly FailingPath[];
  /** Release of the kernel that it speaks of; null where it is not known. */
  readonly kernel: string | null;
  /** Measures the failing paths anew for a report; null where there is nothing to measure, as in a replay. */
  readonly measure: (() => Promise<readonly Measurement[]>) | null;
}
