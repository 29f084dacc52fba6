/** A wait between two phases that a timer or a word ends. */
export interface PhaseClock {
  /** After `ms` milliseconds, at once for 0, or only at `skip` for null, runs `next`; replaces an earlier wait. */
  wait(ms: number | null, next: () => void): void;
  /** Ends the wait now; without one, does nothing. */
  skip(): void;
  /** Forgets the wait. */
  cancel(): void;
}

/** No wait under way. */
export function createPhaseClock(): PhaseClock {
  let timer: NodeJS.Timeout | undefined;
  let pending: (() => void) | null = null;

  const cancel = () => {
    clearTimeout(timer);
    pending = null;
  };
  const skip = () => {
    const next = pending;
    cancel();
    next?.();
  };
  return {
    cancel,
    skip,
    wait: (ms, next) => {
      cancel();
      pending = next;
      if (ms === 0) {
        skip();
      } else if (ms !== null) {
        timer = setTimeout(skip, ms);
      }
    },
  };
}
