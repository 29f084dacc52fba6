import { between, type Random } from "./random.ts";

/**
 * The ways in which servers become ready.
 *
 * - `at-once`: binds when it is ready.
 * - `silent`: binds, answers nothing, then is ready: an event loop that is busy importing a model.
 * - `not-ready`: binds, says "not ready", then is ready.
 * - `all-phases`: binds, is silent, says "not ready", then is ready.
 */
export const SHAPES = ["at-once", "silent", "not-ready", "all-phases"] as const;

export type Shape = (typeof SHAPES)[number];

/** One start of a server; the three times are phases in a row, in milliseconds. */
export interface StartPlan {
  readonly shape: Shape;
  readonly bindAfterMs: number;
  readonly answerAfterMs: number;
  readonly readyAfterMs: number;
}

const SHORT_MS = [500, 8000] as const;
const LONG_MS = [30_000, 40_000] as const;

/** When a server is ready, in milliseconds from its start. */
export function totalMs({ bindAfterMs, answerAfterMs, readyAfterMs }: StartPlan): number {
  return bindAfterMs + answerAfterMs + readyAfterMs;
}

/** Whether the start takes over 30 s. */
export function isLong(plan: StartPlan): boolean {
  return totalMs(plan) >= LONG_MS[0];
}

/** Draws the plans: a third of them long, the short ones first, every shape as often as the others. */
export function drawPlans(count: number, random: Random): readonly StartPlan[] {
  const longCount = Math.round(count / 3);
  return Array.from({ length: count }, (_, index) => {
    const [from, to] = index < count - longCount ? SHORT_MS : LONG_MS;
    return split(SHAPES[index % SHAPES.length] ?? "at-once", Math.ceil(between(from, to, random)), random);
  });
}

function split(shape: Shape, startMs: number, random: Random): StartPlan {
  const [first, second] = [between(0.2, 0.9, random), between(0.2, 0.9, random)].sort((one, other) => one - other);
  const boundMs = Math.round(startMs * (first ?? 0));
  const answeringMs = Math.round(startMs * (second ?? 0));
  switch (shape) {
    case "at-once":
      return { shape, bindAfterMs: startMs, answerAfterMs: 0, readyAfterMs: 0 };
    case "silent":
      return { shape, bindAfterMs: boundMs, answerAfterMs: startMs - boundMs, readyAfterMs: 0 };
    case "not-ready":
      return { shape, bindAfterMs: boundMs, answerAfterMs: 0, readyAfterMs: startMs - boundMs };
    case "all-phases":
      return {
        shape,
        bindAfterMs: boundMs,
        answerAfterMs: answeringMs - boundMs,
        readyAfterMs: startMs - answeringMs,
      };
  }
}
