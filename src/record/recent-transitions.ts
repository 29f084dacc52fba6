import type { Transition } from "../core/gate.ts";

/** The latest transitions, oldest first. */
export interface RecentTransitions {
  add(transition: Transition): void;
  list(): readonly Transition[];
}

/** Keeps the first `limit / 4` transitions, which tell the start, and the latest of the rest; `limit` in all. */
export function keepRecentTransitions(limit: number): RecentTransitions {
  const firstLimit = Math.floor(limit / 4);
  const first: Transition[] = [];
  const latest: Transition[] = [];
  return {
    add: (transition) => {
      if (first.length < firstLimit) {
        first.push(transition);
        return;
      }
      latest.push(transition);
      if (latest.length > limit - firstLimit) latest.shift();
    },
    list: () => [...first, ...latest],
  };
}
