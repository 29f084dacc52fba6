/** The most entries of ours that a server's accept queue may hold, over all layers and addresses of a port. */
export const ACCEPT_BUDGET = 4;

/**
 * Keeps count of the connections that the gate opened to each port and that the server has not shown to have accepted.
 * A connection stays in the accept queue until it is accepted, even when its client closed or reset it, and connections
 * to all addresses of a wildcard socket wait in the same queue.
 */
export interface AcceptLedger {
  /** How many of our connections may still wait. */
  pending(port: number): number;
  /** Whether `count` more would stay within the budget. */
  admits(port: number, count: number): boolean;
  opened(port: number, count: number): void;
  /** Connections that never reached the queue: refused, or timed out. */
  failed(port: number, count: number): void;
  /** At most `count` are still waiting: 0 after an answer, the queue's length after a reading of it. */
  atMost(port: number, count: number): void;
}

export function newAcceptLedger(): AcceptLedger {
  const counts = new Map<number, number>();
  const pending = (port: number) => counts.get(port) ?? 0;
  return {
    pending,
    admits: (port, count) => pending(port) + count <= ACCEPT_BUDGET,
    opened: (port, count) => void counts.set(port, pending(port) + count),
    failed: (port, count) => void counts.set(port, Math.max(0, pending(port) - count)),
    atMost: (port, count) => void counts.set(port, Math.min(pending(port), count)),
  };
}
