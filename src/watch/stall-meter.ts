import type { Clock } from "../core/ports.ts";

const TICK_MS = 50;

/**
 * Measures how late this process's event loop runs: by how much ticks are overdue, and the tick that is due now.
 *
 * @returns ends the measurement and tells the greatest lateness, in milliseconds
 */
export function startStallMeter(clock: Clock): () => number {
  let tickedMs = clock.now().monotonicMs;
  let worstMs = 0;
  let cancel = () => {};
  const lateness = () => Math.max(0, clock.now().monotonicMs - tickedMs - TICK_MS);
  const tick = () => {
    worstMs = Math.max(worstMs, lateness());
    tickedMs = clock.now().monotonicMs;
    cancel = clock.after(TICK_MS, tick);
  };
  cancel = clock.after(TICK_MS, tick);
  return () => {
    cancel();
    return Math.max(worstMs, lateness());
  };
}
