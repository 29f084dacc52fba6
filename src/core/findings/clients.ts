import type { Moment } from "../moment.ts";

/** Who was seen connected to a target's port, apart from the gate itself. */
export interface ClientRecord {
  /** Remote ends at the latest reading, as text. */
  readonly peers: readonly string[];
  readonly readAt: Moment;
  /** Whether a client was ever seen; stays so for good. */
  readonly isSeen: boolean;
}

/**
 * Takes in a reading of the established connections. A client counts once the same connection was seen at two readings:
 * somebody who only looks, such as `readiness-gate diagnose`, is gone by the next one.
 */
export function rememberClients(
  before: ClientRecord | undefined,
  peers: readonly string[],
  readAt: Moment,
): ClientRecord {
  const isSeen = before !== undefined && (before.isSeen || peers.some((peer) => before.peers.includes(peer)));
  return { peers, readAt, isSeen };
}
