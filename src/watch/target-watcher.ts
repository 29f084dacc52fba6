import pRetry from "p-retry";
import { type BackoffBounds, backoffDelayMs, showsTheSame } from "../core/backoff.ts";
import type { Look } from "../core/observation.ts";
import type { Bell } from "./bell.ts";
import type { Looker } from "./looker.ts";

/** What a watcher works with. */
export interface WatcherParts {
  readonly looker: Looker;
  readonly bell: Bell;
  readonly backoff: BackoffBounds;
  readonly intervalMs: number;
  readonly probeTimeoutMs: number;
  /** A number in [0, 1), for the jitter. */
  readonly random: () => number;
  /** Models to ask for in the next look. */
  readonly models: () => readonly string[];
  /** Takes in a look; tells how soon the next one is due. */
  readonly onLook: (look: Look) => Pace;
}

/** `retry`: keep trying, with back-off; `interval`: look again after the interval. */
export type Pace = "retry" | "interval";

/** Watches one target until its signal aborts. Rejects only for a bug. */
export async function watchTarget(parts: WatcherParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await lookUntilSteady(parts, signal);
    if (!signal.aborted) await parts.bell.wait(parts.intervalMs);
  }
  parts.looker.close();
}

/** Ends an attempt without success: what the target does is a value, so this is never shown to anybody. */
class NotSteadyYet extends Error {}

/**
 * Looks again and again until the interval is pace enough. The delay between attempts is our own, so that the bell can
 * cut it short; the library's own delay is switched off.
 */
async function lookUntilSteady(parts: WatcherParts, signal: AbortSignal): Promise<void> {
  const { looker, bell, backoff, random } = parts;
  let previous: Look | null = null;
  let repeats = 0;
  const attempt = async () => {
    if (signal.aborted) return;
    const look = await unlessAborted(looker.look(parts.models(), parts.probeTimeoutMs), signal);
    if (look === null) return;
    repeats = previous !== null && showsTheSame(previous, look) ? repeats + 1 : 0;
    previous = look;
    if (parts.onLook(look) === "retry") throw new NotSteadyYet();
  };
  await pRetry(attempt, {
    retries: Number.POSITIVE_INFINITY,
    factor: 1,
    minTimeout: 0,
    onFailedAttempt: async ({ error }) => {
      if (!(error instanceof NotSteadyYet)) throw error;
      const delayMs = backoffDelayMs(backoff, repeats, random());
      await bell.wait(delayMs, isClosed(previous) ? backoff.maxMs - delayMs : 0);
    },
  });
}

/** Whether nothing listens on the port: the bell rings when that changes, so the next look may wait for a wake-up. */
function isClosed(look: Look | null): boolean {
  return look?.listen.isKnown === true && look.listen.sockets.length === 0;
}

/** Null as soon as the signal aborts: a look may last as long as its time-out, which an end must not. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const giveUp = () => resolve(null);
    signal.addEventListener("abort", giveUp, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}
