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

/** A promise that one look after another waits for. */
export interface Awaited<T> {
  /** As {@link settleWithin}; one at a time. */
  within(ms: number): Promise<T | typeof TIME_UP>;
}

/**
 * Lets one look after another wait for an answer that may stay out for days. A promise keeps whatever has ever waited
 * for it until it settles, so this one is waited for once, and a look that gives up leaves nothing behind.
 */
export function awaited<T>(promise: Promise<T>, clock: Clock): Awaited<T> {
  let isSettled = false;
  let wake = () => {};
  const settle = () => {
    isSettled = true;
    wake();
  };
  promise.then(settle, settle);
  return {
    within: async (ms) => {
      const woken = () =>
        new Promise<void>((resolve) => {
          wake = resolve;
        });
      if (!isSettled) await settleWithin(woken(), ms, clock);
      return isSettled ? promise : TIME_UP;
    },
  };
}
