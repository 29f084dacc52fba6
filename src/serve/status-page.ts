import type { Snapshot } from "../core/snapshot.ts";
import type { TransitionJson } from "../core/transition-json.ts";
import { htmlOf } from "./page/html.ts";
import { iconOf } from "./page/icon.ts";
import { withLooks } from "./page/latency.ts";
import { PAGE_SCRIPT, PAGE_STYLE } from "./page/page-assets.ts";
import { asOfPieces, barPieces, mainPieces } from "./page/page-view.ts";
import { h } from "./page/piece.ts";
import { shortened } from "./page/shortened.ts";
import type { PageState } from "./page/state.ts";
import { titleOf } from "./page/words.ts";

/** The page is one answer, below this many bytes. */
export const PAGE_BYTES = 60 * 1024;

/** Transitions of a first answer that has to be short. */
const FEW_TRANSITIONS = 4;

/**
 * Makes the status page, complete without its script: the script only keeps up to date what the server has written, from
 * the same views. Nothing comes from elsewhere, and every text of the gate and its targets is escaped. Where all of it
 * would be too large, the first answer is shortened.
 *
 * @param transitions the recorded ones, oldest first
 */
export function statusPage(snapshot: Snapshot, transitions: readonly TransitionJson[]): string {
  const whole = pageOf(snapshot, transitions);
  if (Buffer.byteLength(whole) < PAGE_BYTES) return whole;
  return pageOf(shortened(snapshot), transitions.slice(-FEW_TRANSITIONS));
}

function pageOf(snapshot: Snapshot, transitions: readonly TransitionJson[]): string {
  const { now } = snapshot;
  const latencies = withLooks({}, snapshot, transitions);
  const state: PageState = { snapshot, transitions, latencies, now, window: null, isScripted: false };
  const head = [
    h("meta", { name: "viewport", content: "width=device-width" }),
    h("meta", { name: "color-scheme", content: "light dark" }),
    h("title", {}, titleOf(snapshot)),
    h("link", { rel: "icon", href: iconOf(snapshot) }),
    h("noscript", {}, h("meta", { "http-equiv": "refresh", content: "5" })),
  ];
  const body = [
    h("a", { class: "skip", href: "#main" }, "Skip to the gate's state"),
    h("header", { id: "bar" }, ...barPieces(null, "")),
    h("noscript", {}, ...asOfPieces(now)),
    h("main", { id: "main", tabindex: -1 }, ...mainPieces(state)),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${htmlOf(head)}
<style>${PAGE_STYLE}</style>
</head>
<body>
${htmlOf(body)}
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}
