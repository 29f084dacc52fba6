import type { VerdictClass } from "../core/verdict-table.ts";
import type { ListenAddress } from "../settings/settings.ts";
import { askGate } from "./ask-gate.ts";

/** What a running gate said of itself. */
export interface GateAnswer {
  readonly isReady: boolean;
  readonly class: VerdictClass;
  /** One line for people. */
  readonly text: string;
}

/** A gate answers from memory; one that takes longer is stuck, or starved of CPU. */
export const ASK_MS = 1000;
const BODY_LIMIT = 4096;

/** The status codes of `/readyz?code=class`. */
const CLASS_BY_STATUS: Readonly<Record<number, VerdictClass>> = {
  200: "ready",
  510: "slow-startup",
  511: "network-block",
  512: "misconfiguration",
  513: "server-fault",
  514: "unknown",
};

/** Asks the gate that serves on this machine; null when none answers there whole within `withinMs` milliseconds. */
export async function askRunningGate(at: ListenAddress, withinMs = ASK_MS): Promise<GateAnswer | null> {
  const reply = await askGate(at, { path: "/readyz?code=class", withinMs, limit: BODY_LIMIT });
  const verdictClass = CLASS_BY_STATUS[reply?.status ?? 0];
  if (reply === null || verdictClass === undefined) return null;
  return { isReady: reply.status === 200, class: verdictClass, text: reply.text.trim() };
}
