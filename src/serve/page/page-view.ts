import { timeOfDay } from "../../report/time-words.ts";
import { headline } from "./headline-view.ts";
import { latencySection } from "./latency-view.ts";
import { matrixSection } from "./matrix-view.ts";
import { h, type Piece } from "./piece.ts";
import type { Link, PageState } from "./state.ts";
import { findingsSection, gateSection, listenersSection } from "./surroundings-view.ts";
import { targetsSection } from "./targets-view.ts";
import { transitionsSection } from "./transitions-view.ts";
import { timePiece } from "./words.ts";

/** The page's content, below its bar. */
export function mainPieces(state: PageState): readonly Piece[] {
  const { snapshot, latencies } = state;
  const findings = findingsSection(snapshot);
  return [
    headline(state),
    targetsSection(state),
    ...(findings === null ? [] : [findings]),
    matrixSection(snapshot),
    h(
      "div",
      { class: "columns" },
      h("div", {}, transitionsSection(state), gateSection(state)),
      h("div", {}, latencySection(snapshot, latencies), listenersSection(snapshot)),
    ),
  ];
}

/** The bar at the top: whether what is shown is fresh, and where to get it as data. */
export function barPieces(link: Link | null, notice: string): readonly Piece[] {
  const copy = h("button", { type: "button", "data-action": "copy" }, "Copy snapshot");
  return [
    h("span", { class: "brand" }, "readiness-gate"),
    h("span", { class: `link ${linkKind(link)}`, role: "status" }, linkWords(link)),
    h(
      "nav",
      { "aria-label": "Data" },
      ...(link === null ? [] : [copy]),
      h("a", { href: "status" }, "Snapshot"),
      h("a", { href: "journal" }, "Journal"),
      h("span", { role: "status", class: "notice" }, notice),
    ),
  ];
}

function linkKind(link: Link | null): string {
  if (link === null) return "still";
  return link.isStale ? "stale" : "live";
}

function linkWords(link: Link | null): Piece {
  if (link === null) return "";
  if (!link.isStale) return "Live";
  return h(
    "span",
    {},
    "Stale: the gate does not answer. This is how it was at ",
    timePiece(link.asOf),
    "; trying again.",
  );
}

/** The same for those who have no script: of when the page is. */
export function asOfPieces(now: string): readonly Piece[] {
  return [h("p", {}, `As of ${timeOfDay(now)}; without JavaScript the page loads itself again every 5 seconds.`)];
}
