import type { Clock } from "../core/ports.ts";

/** What {@link settleWithin} gives when the time was up. */
export const TIME_UP = Symbol("time is up");

/**
 * Waits for a promise for at most `ms` milliseconds.
 *
 * Node.js runs expired timers before it polls sockets, so after the process was stopped the deadline would seem to pass
 * although the answer is there to be read: the loop polls once more before the time counts as up.
 */
export function settleWithin<T>(promise: Promise<T>, ms: number, clock: Clock): Promise<T | typeof TIME_UP> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => setImmediate(() => setImmediate(() => resolve(TIME_UP))));
    promise.then(resolve, reject).finally(cancel);
  });
}
