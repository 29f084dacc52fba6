import type { Look } from "./observation.ts";

/** Bounds of the delay between looks before readiness, in milliseconds. */
export interface BackoffBounds {
  readonly minMs: number;
  readonly maxMs: number;
}

const FACTOR = 1.5;

/**
 * The delay before the next look: random between the lower bound and a ceiling that grows by half with each look that
 * showed nothing new, up to the upper bound. The jitter keeps two targets' looks from falling together.
 *
 * @param repeats looks in a row with the same evidence, from 0
 * @param random a number in [0, 1)
 */
export function backoffDelayMs({ minMs, maxMs }: BackoffBounds, repeats: number, random: number): number {
  // Past 60 repeats the power would only overflow: the ceiling is at the bound long before.
  const ceiling = Math.min(maxMs, minMs * FACTOR ** Math.min(repeats + 1, 60));
  return minMs + random * (Math.max(ceiling, minMs) - minMs);
}

/** Whether two looks show the same: same sockets, same outcomes, same answers, same models. Times and queues do not count. */
export function showsTheSame(one: Look, other: Look): boolean {
  return evidenceKey(one) === evidenceKey(other);
}

function evidenceKey({ resolution, listen, paths }: Look): string {
  return JSON.stringify([
    resolution,
    listen.isKnown ? listen.sockets.map(({ inode }) => inode) : listen.reason,
    paths.map((path) => [
      path.address,
      path.connect?.outcome,
      path.connect?.errno,
      path.answer?.kind,
      path.answer?.code,
      path.answer?.modelsPending,
    ]),
  ]);
}
