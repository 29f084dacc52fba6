import type { TransitionJson } from "../../core/transition-json.ts";

/** Transitions that the page keeps: more than the gate does. */
const KEPT = 512;

/** Puts records of transitions together, each once and the oldest first: stream and journal overlap. */
export function mergedTransitions(...records: readonly (readonly TransitionJson[])[]): readonly TransitionJson[] {
  const byKey = new Map(records.flat().map((transition) => [keyOf(transition), transition]));
  return [...byKey.values()].sort((a, b) => a.sinceStartMs - b.sinceStartMs).slice(-KEPT);
}

/** What tells a transition from all others of its gate. */
export function keyOf({ at, kind, target }: TransitionJson): string {
  return `${at} ${kind} ${target}`;
}
