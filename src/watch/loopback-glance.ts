import type { LoopbackState } from "../core/loopback.ts";
import type { Clock } from "../core/ports.ts";

/** One canary serves all that ask in this time: a rule over all of loopback is to be found within two seconds. */
const GLANCE_LASTS_MS = 1500;

/** Lets all paths that fail at about the same time share what one canary saw. */
export function shareGlances<T extends LoopbackState | null>(
  check: (address: string) => Promise<T>,
  clock: Clock,
): (address: string) => Promise<T> {
  const glances = new Map<string, { readonly atMs: number; readonly seen: Promise<T> }>();
  return (address) => {
    const nowMs = clock.now().monotonicMs;
    const last = glances.get(address);
    if (last !== undefined && nowMs - last.atMs < GLANCE_LASTS_MS) return last.seen;
    const seen = check(address);
    glances.set(address, { atMs: nowMs, seen });
    return seen;
  };
}
