import type { Snapshot } from "../../core/snapshot.ts";
import type { TransitionJson } from "../../core/transition-json.ts";
import type { Latencies } from "./latency.ts";
import type { WindowName } from "./window.ts";

/** Everything that the page shows. */
export interface PageState {
  readonly snapshot: Snapshot;
  /** The recorded transitions, oldest first. */
  readonly transitions: readonly TransitionJson[];
  readonly latencies: Latencies;
  /** The gate's own time, RFC 3339, to which ages are counted: the snapshot's, and on from there while it is fresh. */
  readonly now: string;
  /** The stretch of time that the reader chose to see; null: the one that fits. */
  readonly window: WindowName | null;
  /** Whether a script keeps the page up to date; without, nothing is shown that only a script can do. */
  readonly isScripted: boolean;
}

/** How the page hears of the gate; null: a script has not told yet. */
export interface Link {
  readonly isStale: boolean;
  /** The gate's time of what is shown, RFC 3339. */
  readonly asOf: string;
}
