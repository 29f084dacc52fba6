/** Draws numbers in [0, 1). */
export type Random = () => number;

/** A small generator (mulberry32) whose numbers follow from the seed, so that a run can be had again. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A number in [`from`, `to`). */
export function between(from: number, to: number, random: Random): number {
  return from + random() * (to - from);
}
