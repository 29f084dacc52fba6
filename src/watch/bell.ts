import type { Clock } from "../core/ports.ts";

/** Cuts a delay short. A ring while nobody waits is kept for the next wait. */
export interface Bell {
  ring(): void;
  /** Resolves after `ms` milliseconds, or at once when the bell was or is rung. */
  wait(ms: number): Promise<void>;
}

export function newBell(clock: Clock): Bell {
  let isRung = false;
  let wake: (() => void) | null = null;
  return {
    ring: () => {
      isRung = true;
      wake?.();
    },
    wait: (ms) =>
      new Promise((resolve) => {
        const finish = () => {
          isRung = false;
          wake = null;
          cancel();
          resolve();
        };
        const cancel = clock.after(ms, finish);
        wake = finish;
        if (isRung) finish();
      }),
  };
}
