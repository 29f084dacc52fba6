/**
 * Who refused a connection: the kernel, since no socket listens; a rule; or the counters do not tell. Only ever told of
 * addresses of this network namespace.
 */
export type RefusedBy = "kernel" | "firewall" | "unknown";

/** How an attempt to connect ended; see `docs/contract.md`. */
export type ConnectOutcome = "ok" | "refused" | "timeout" | "unreachable" | "denied" | "unavailable" | "reset";

/** What one TCP connect showed. */
export interface ConnectResult {
  readonly outcome: ConnectOutcome;
  /** The error's name (`ECONNREFUSED`), or `DEADLINE` when the look's own deadline passed; null when connected. */
  readonly errno: string | null;
  /** Who refused; null where the attempt was not refused. */
  readonly refusedBy: RefusedBy | null;
  /** Milliseconds from the call to its outcome. */
  readonly ms: number;
}
