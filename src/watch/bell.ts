import type { LenientClock } from "./wake-ups.ts";

/** Cuts a delay short. A ring while nobody waits is kept for the next wait. */
export interface Bell {
  ring(): void;
  /**
   * Resolves after `ms` milliseconds, or at once when the bell was or is rung. With `slackMs` it may take so much longer,
   * until something else wakes the process up.
   */
  wait(ms: number, slackMs?: number): Promise<void>;
}

export function newBell(clock: LenientClock): Bell {
  let isRung = false;
  let wake: (() => void) | null = null;
  return {
    ring: () => {
      isRung = true;
      wake?.();
    },
    wait: async (ms, slackMs) => {
      await new Promise<void>((resolve) => {
        const finish = () => {
          wake = null;
          cancel();
          resolve();
        };
        const cancel = clock.after(ms, finish, slackMs);
        wake = finish;
        if (isRung) finish();
      });
      // A ring in the very turn in which the wait ended, by a doorbell in the same wake-up, is answered by what follows.
      isRung = false;
    },
  };
}
