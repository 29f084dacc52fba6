import type { VerdictClass } from "../core/verdict-table.ts";

/** What the process says when it ends; see `docs/contract.md`. */
export const EXIT = { ok: 0, internalError: 1, badUsage: 2 } as const;

const BY_CLASS: Readonly<Record<VerdictClass, number>> = {
  ready: 0,
  "slow-startup": 10,
  "network-block": 11,
  misconfiguration: 12,
  "server-fault": 13,
  unknown: 14,
};

/**
 * The exit code of a gate: 0 when it is open, else by the class of its verdict. A gate that is closed beside a verdict
 * of class `ready` waits for its success threshold, which is slow-startup.
 */
export function exitCodeOf(isReady: boolean, verdictClass: VerdictClass): number {
  if (isReady) return EXIT.ok;
  return verdictClass === "ready" ? BY_CLASS["slow-startup"] : BY_CLASS[verdictClass];
}
