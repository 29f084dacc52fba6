import { seededRandom } from "../../bench/random.ts";

/** Draws that are the same for the same seed. */
export interface Random {
  /** A whole number from 0 to `limit`. */
  upTo(limit: number): number;
  /** Whether something happens that has this chance. */
  chance(probability: number): boolean;
  oneOf<T>(things: readonly [T, ...T[]]): T;
}

export function randomFrom(seed: number): Random {
  const next = seededRandom(seed);
  return {
    upTo: (limit) => Math.floor(next() * (limit + 1)),
    chance: (probability) => next() < probability,
    oneOf: (things) => things[Math.floor(next() * things.length)] ?? things[0],
  };
}
