import type { Snapshot } from "../core/snapshot.ts";
import { isSnapshot } from "../core/snapshot-shape.ts";
import type { ListenAddress } from "../settings/settings.ts";
import { askGate } from "./ask-gate.ts";

/** A gate answers from memory; one that takes longer is stuck, or a rule is in the way. */
const ASK_MS = 500;
/** A gate with 64 targets and everything wrong with each stays far below. */
const BODY_LIMIT = 1024 * 1024;

/** Asks the gate that runs here for its snapshot; null when none answers, or one of another version. */
export async function askRunningSnapshot(at: ListenAddress | null): Promise<Snapshot | null> {
  if (at === null) return null;
  const reply = await askGate(at, { path: "/status", withinMs: ASK_MS, limit: BODY_LIMIT });
  return reply?.status === 200 ? snapshotIn(reply.text) : null;
}

function snapshotIn(text: string): Snapshot | null {
  try {
    const value: unknown = JSON.parse(text);
    return isSnapshot(value) ? value : null;
  } catch {
    // A gate of another kind.
    return null;
  }
}
