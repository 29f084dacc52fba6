/** What a target must do: answer at all, or answer that it is ready. */
export type Demand = "live" | "ready";

/** The settings that decide verdicts and the gate's state; a replay needs these and the recorded looks. */
export interface GatePolicy {
  /** What opens the gate the first time. */
  readonly openOn: Demand;
  /** What a target must still do once the gate has been open. */
  readonly afterReady: Demand;
  /** Failing looks in a row that close the gate again; at least 1. */
  readonly failureThreshold: number;
  /** Passing looks in a row that open the gate again; at least 1. */
  readonly successThreshold: number;
  /** Past this, in milliseconds since the gate's start, a server that never bound its port is no longer called slow. */
  readonly startupBudgetMs: number;
  /** Between looks once ready, in milliseconds. */
  readonly intervalMs: number;
  /** Bound on one attempt, in milliseconds. */
  readonly probeTimeoutMs: number;
}
