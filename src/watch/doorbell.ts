import type { ListeningSocket } from "../core/observation.ts";
import type { ListenTable } from "../kernel/listen-table.ts";
import type { LenientClock } from "./wake-ups.ts";

/** What the doorbell watches and whom it tells. */
export interface DoorbellParts {
  readonly clock: LenientClock;
  readonly table: ListenTable;
  readonly ports: readonly number[];
  /** Delay until the next glance at the kernel's counts, in milliseconds. */
  readonly tickMs: () => number;
  /** The sockets on a port are others than before. */
  readonly onChange: (port: number, sockets: readonly ListeningSocket[]) => void;
  /** The table cannot be read; called once, at the first glance that finds it so. */
  readonly onNoTable: () => void;
}

/** Watches the kernel's table for sockets that come and go, so that a look can follow at once. */
export interface Doorbell {
  /** Sees to the next glance anew, after what `tickMs` depends on has changed. */
  retime(): void;
  stop(): void;
}

/**
 * What a glance may come later than its tick. It is due twice within the upper bound of the back-off, so that looks which
 * may wait share every second glance's wake-up.
 */
const TICK_SLACK_MS = 8;

/**
 * Starts a doorbell. A glance costs some 20 microseconds; the table itself, some milliseconds, is read only when the
 * kernel's counts moved and once a second.
 */
export function startDoorbell(parts: DoorbellParts): Doorbell {
  const { clock, table, ports } = parts;
  const seen = new Map<number, string>();
  let cancel = () => {};
  let hasTold = false;

  const tellOnce = () => {
    if (!hasTold) parts.onNoTable();
    hasTold = true;
  };
  const compare = (port: number, sockets: readonly ListeningSocket[]) => {
    const key = keyOf(sockets);
    if ((seen.get(port) ?? "") === key) return;
    seen.set(port, key);
    parts.onChange(port, sockets);
  };
  const glance = () => {
    const sockets = table.current();
    if (sockets === null) return tellOnce();
    for (const port of ports) {
      compare(
        port,
        sockets.filter((socket) => socket.port === port),
      );
    }
  };
  const schedule = () => {
    const tick = () => {
      glance();
      schedule();
    };
    cancel = clock.after(parts.tickMs(), tick, TICK_SLACK_MS);
  };
  glance();
  schedule();
  return {
    retime: () => {
      cancel();
      schedule();
    },
    stop: () => cancel(),
  };
}

function keyOf(sockets: readonly ListeningSocket[]): string {
  return sockets
    .map(({ inode }) => inode)
    .sort((a, b) => a - b)
    .join();
}
