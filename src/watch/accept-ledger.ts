/** The most entries of ours that a server's accept queue may hold, over all layers and addresses of a port. */
export const ACCEPT_BUDGET = 4;

/** Connections that were opened together. */
export interface LedgerEntry {
  readonly port: number;
}

/**
 * Keeps count of the connections that the gate opened to each port and that the server has not shown to have accepted.
 * A connection stays in the accept queue until it is accepted, even when its client closed or reset it, and connections
 * to all addresses of a wildcard socket wait in the same queue. The kernel hands them out in the order of their arrival.
 */
export interface AcceptLedger {
  /** How many of our connections may still wait, those on their way included. */
  pending(port: number): number;
  /** Whether `count` more would stay within the budget. */
  admits(port: number, count: number): boolean;
  /** Connections that are on their way. */
  opened(port: number, count: number): LedgerEntry;
  /** They are in the queue, or were accepted already. */
  arrived(entry: LedgerEntry): void;
  /** They never reached the queue: refused, or timed out. */
  failed(entry: LedgerEntry): void;
  /** They were accepted, and with them all that arrived before. */
  accepted(entry: LedgerEntry): void;
  /** Of those that have arrived at most `count` still wait: the queue's length. One that is on its way is not in it yet. */
  atMost(port: number, count: number): void;
}

/** How many of an entry's connections may still wait, and whether they have all reached the queue. */
interface Waiting {
  count: number;
  hasArrived: boolean;
}

export function newAcceptLedger(): AcceptLedger {
  const book = new Map<LedgerEntry, Waiting>();
  const on = (port: number) => [...book].filter(([entry]) => entry.port === port);
  const pending = (port: number) => sum(on(port));
  return {
    pending,
    admits: (port, count) => pending(port) + count <= ACCEPT_BUDGET,
    opened: (port, count) => {
      const entry = { port };
      book.set(entry, { count, hasArrived: false });
      return entry;
    },
    arrived: (entry) => {
      const waiting = book.get(entry);
      if (waiting) waiting.hasArrived = true;
    },
    failed: (entry) => void book.delete(entry),
    accepted: (accepted) => {
      const onPort = on(accepted.port);
      const place = onPort.findIndex(([entry]) => entry === accepted);
      const before = onPort.slice(0, place + 1).filter(([, { hasArrived }]) => hasArrived);
      for (const [entry] of before) book.delete(entry);
      book.delete(accepted);
    },
    atMost: (port, count) => {
      const queued = on(port).filter(([, { hasArrived }]) => hasArrived);
      let surplus = Math.max(0, sum(queued) - count);
      for (const [entry, waiting] of queued) {
        const gone = Math.min(waiting.count, surplus);
        waiting.count -= gone;
        surplus -= gone;
        if (waiting.count === 0) book.delete(entry);
      }
    },
  };
}

function sum(entries: readonly (readonly [LedgerEntry, Waiting])[]): number {
  return entries.reduce((total, [, { count }]) => total + count, 0);
}
