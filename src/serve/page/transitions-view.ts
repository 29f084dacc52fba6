import type { TransitionJson } from "../../core/transition-json.ts";
import { inWords } from "../../report/time-words.ts";
import { type Content, type ElementPiece, h } from "./piece.ts";
import type { PageState } from "./state.ts";
import { keyOf } from "./transitions.ts";
import { CLASS_WORDS, evidenceList, timePiece } from "./words.ts";

/** Transitions that are shown, of those that the gate keeps; fewer as long as the page is one answer and no script. */
const SHOWN = 30;
const SHOWN_UNSCRIPTED = 10;

/** What changed, latest first; where there is a script each can be folded out to its evidence. */
export function transitionsSection({ transitions, isScripted }: PageState): ElementPiece {
  const shown = transitions.slice(isScripted ? -SHOWN : -SHOWN_UNSCRIPTED);
  const rest = transitions.length - shown.length;
  const items = [...shown].reverse().map((transition) => item(transition, isScripted));
  return h(
    "section",
    { class: "transitions", "aria-labelledby": "transitions" },
    h("h2", { id: "transitions" }, "Transitions"),
    shown.length === 0 && h("p", { class: "none" }, "Nothing has changed yet."),
    h("ol", { reversed: true }, items),
    rest > 0 &&
      h("p", { class: "none" }, `${rest} earlier ones are in the `, h("a", { href: "journal" }, "journal"), "."),
  );
}

function item(transition: TransitionJson, isScripted: boolean): ElementPiece {
  const { verdict, phaseMs } = transition;
  const attributes = { "data-key": keyOf(transition), class: `c-${classOf(transition)}` };
  if (!isScripted) return h("li", attributes, h("div", { class: "row" }, rowOf(transition)));
  return h(
    "li",
    attributes,
    h(
      "details",
      {},
      h("summary", { class: "row" }, rowOf(transition)),
      h("p", {}, verdict.summary),
      h("p", { class: "none" }, `What was before had lasted ${inWords(phaseMs)}.`),
      evidenceList(verdict.evidence),
    ),
  );
}

function rowOf(transition: TransitionJson): Content {
  const { at, kind, target, sinceStartMs } = transition;
  return [
    timePiece(at),
    h("span", { class: "offset" }, `+${inWords(sinceStartMs)}`),
    h("b", {}, kind === "gate" ? "gate" : target),
    h("span", { class: "change" }, change(transition)),
  ];
}

function classOf(transition: TransitionJson): string {
  return transition.kind === "gate" && transition.to.phase === "ready" ? "ready" : transition.verdict.class;
}

function change(transition: TransitionJson): Content {
  const arrow = h("span", { class: "arrow", role: "img", "aria-label": "to" }, "→");
  if (transition.kind === "gate") return [transition.from.phase, arrow, h("strong", {}, transition.to.phase)];
  const { from, to, verdict } = transition;
  const sign = h("span", { "aria-hidden": "true" }, ` ${CLASS_WORDS[verdict.class].sign}`);
  return from.code === to.code
    ? [h("code", {}, to.code), arrow, h("strong", {}, to.ready ? "passes" : "fails"), sign]
    : [h("code", {}, from.code), arrow, h("strong", {}, h("code", {}, to.code)), sign];
}
