import type { Clock } from "../../src/core/ports.ts";
import { moment } from "./looks.ts";

/** A clock whose time passes only when it is told to. */
export interface SimulatedClock extends Clock {
  nowMs(): number;
  /** Time passes; timers run when they are due. */
  advance(ms: number): void;
  /** The process stands still: timers that fell due run late, all at the end. */
  stall(ms: number): void;
  /** When the next timer is due; null: there is none. */
  nextMs(): number | null;
}

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** Makes a clock that stands at the gate's start. */
export function simulatedClock(): SimulatedClock {
  let nowMs = 0;
  const timers = new Set<Timer>();
  const next = (untilMs: number): Timer | null => {
    let first: Timer | null = null;
    for (const timer of timers) {
      if (timer.dueMs <= untilMs && (first === null || timer.dueMs < first.dueMs)) first = timer;
    }
    return first;
  };
  const pass = (untilMs: number, isStalled: boolean) => {
    if (isStalled) nowMs = untilMs;
    for (let timer = next(untilMs); timer !== null; timer = next(untilMs)) {
      timers.delete(timer);
      nowMs = Math.max(nowMs, timer.dueMs);
      timer.callback();
    }
    nowMs = Math.max(nowMs, untilMs);
  };
  return {
    now: () => moment(nowMs),
    nowMs: () => nowMs,
    after: (ms, callback) => {
      const timer = { dueMs: nowMs + ms, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance: (ms) => pass(nowMs + ms, false),
    stall: (ms) => pass(nowMs + ms, true),
    nextMs: () => next(Number.POSITIVE_INFINITY)?.dueMs ?? null,
  };
}

/** Waits for a promise while time passes from timer to timer. */
export async function runUntilSettled<T>(promise: Promise<T>, clock: SimulatedClock): Promise<T> {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  promise.then(settle, settle);
  for (;;) {
    // What waits for a time-out polls twice more before it believes it.
    for (let turn = 0; turn < 3 && !isSettled; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    if (isSettled) return promise;
    const dueMs = clock.nextMs();
    if (dueMs === null) throw new Error("nothing more will happen");
    clock.advance(Math.max(0, dueMs - clock.nowMs()));
  }
}
