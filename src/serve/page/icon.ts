import type { Snapshot } from "../../core/snapshot.ts";
import type { VerdictClass } from "../../core/verdicts/entry.ts";

/** Colours that show on the tabs of light and of dark browsers alike. */
const COLOURS: Readonly<Record<VerdictClass, string>> = {
  ready: "#2da44e",
  "slow-startup": "#3b82f6",
  "network-block": "#e5484d",
  misconfiguration: "#8b5cf6",
  "server-fault": "#e8730c",
  unknown: "#8b949e",
};

/** The page's icon as a data URL: a disc for an open gate, a ring with a bar for a closed one. */
export function iconOf({ ready, verdict }: Pick<Snapshot, "ready" | "verdict">): string {
  const colour = COLOURS[ready ? "ready" : verdict.class];
  const shape = ready
    ? `<circle cx="16" cy="16" r="13" fill="${colour}"/>`
    : `<circle cx="16" cy="16" r="11" fill="none" stroke="${colour}" stroke-width="5"/><path d="M7 16h18" stroke="${colour}" stroke-width="5"/>`;
  const image = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${shape}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(image)}`;
}
