import type { Clock } from "../core/ports.ts";

/** A clock whose timers may be given some slack, so that one wake-up of the process serves several. */
export interface LenientClock extends Clock {
  /**
   * Calls back once: `ms` milliseconds from now at the earliest, and `slackMs` (0 by default) after that at the latest.
   * A clock that ignores the slack always comes at the earliest.
   */
  after(ms: number, callback: () => void, slackMs?: number): () => void;
}

/** A callback and the window, on the monotonic clock, in which it may come. */
interface Sleeper {
  readonly earliestMs: number;
  readonly latestMs: number;
  readonly callback: () => void;
}

/**
 * Shares wake-ups between timers: the process sleeps until the first window ends, and then everybody is called whose
 * window has begun. To wake up costs a process about as much as what the doorbell does when it is awake.
 */
export function shareWakeUps(clock: Clock): LenientClock {
  const sleepers = new Set<Sleeper>();
  let alarmMs = Number.POSITIVE_INFINITY;
  let cancelAlarm = () => {};

  const setAlarm = () => {
    const nextMs = Math.min(...[...sleepers].map(({ latestMs }) => latestMs));
    if (nextMs === alarmMs) return;
    cancelAlarm();
    alarmMs = nextMs;
    // Its time may have passed while others were served.
    const delayMs = Math.max(0, nextMs - clock.now().monotonicMs);
    cancelAlarm = Number.isFinite(nextMs) ? clock.after(delayMs, wake) : () => {};
  };
  const wake = () => {
    // A timer may come a fraction of a millisecond before its time: what it was set for is due nevertheless.
    const nowMs = Math.max(alarmMs, clock.now().monotonicMs);
    alarmMs = Number.POSITIVE_INFINITY;
    for (const sleeper of [...sleepers]) {
      // The callback of one may have taken back another.
      if (sleeper.earliestMs <= nowMs && sleepers.delete(sleeper)) sleeper.callback();
    }
    setAlarm();
  };
  return {
    now: clock.now,
    after: (ms, callback, slackMs = 0) => {
      const earliestMs = clock.now().monotonicMs + ms;
      const sleeper = { earliestMs, latestMs: earliestMs + slackMs, callback };
      sleepers.add(sleeper);
      setAlarm();
      return () => {
        sleepers.delete(sleeper);
        if (sleepers.size === 0) setAlarm();
      };
    },
  };
}
