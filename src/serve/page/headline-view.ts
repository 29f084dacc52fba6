import { between, inWords } from "../../report/time-words.ts";
import { type Content, type ElementPiece, h } from "./piece.ts";
import type { PageState } from "./state.ts";
import { CLASS_MEANINGS, classChip, evidenceList, gateWords, proseOf, timePiece } from "./words.ts";

/** Open or closed, why, and what to do. What is read out when it changes holds no ages, which change all the time. */
export function headline({ snapshot, now }: PageState): ElementPiece {
  const { verdict, phase } = snapshot;
  const { state, story } = gateWords(snapshot);
  return h(
    "section",
    { class: `headline c-${snapshot.ready ? "ready" : verdict.class}`, "aria-labelledby": "headline" },
    h(
      "div",
      { class: "answer" },
      h(
        "div",
        { "aria-live": "polite", "aria-atomic": "true" },
        h("h1", { id: "headline" }, gateSign(snapshot.ready), `The gate is ${state}`),
        h("p", { class: "why" }, classChip(verdict.class), " ", reason(snapshot)),
      ),
      h("p", { class: "meaning" }, isAllWell(snapshot) ? story : `${story} ${CLASS_MEANINGS[verdict.class]}`),
      h(
        "p",
        { class: "age" },
        `Phase ${phase}; verdict `,
        h("code", {}, verdict.code),
        " since ",
        timePiece(verdict.since),
        ", for ",
        inWords(between(verdict.since, now)),
      ),
    ),
    h(
      "div",
      { class: "remedy" },
      h("h2", {}, "What to do"),
      h("p", {}, proseOf(verdict.remedy)),
      explainHint(verdict.code),
    ),
    verdict.evidence.length > 0 &&
      h("div", { class: "proof" }, h("h2", {}, "Evidence"), evidenceList(verdict.evidence)),
  );
}

function isAllWell({ ready, verdict }: PageState["snapshot"]): boolean {
  return ready && verdict.class === "ready";
}

function reason(snapshot: PageState["snapshot"]): Content {
  const { verdict } = snapshot;
  if (isAllWell(snapshot)) return "Every required target answers and is ready.";
  return [h("b", {}, verdict.target), ` ${verdict.summary}`];
}

function explainHint(code: string): ElementPiece {
  return h("p", { class: "hint" }, "More: ", h("code", {}, `readiness-gate explain ${code}`));
}

/** A gate as a picture: two posts, and a bar between them where it is closed. */
function gateSign(isOpen: boolean): ElementPiece {
  const bar = isOpen ? "M5 20 17 5" : "M5 13H23M5 18H23";
  return h(
    "svg",
    { class: "gate-sign", viewBox: "0 0 28 28", "aria-hidden": "true" },
    h("path", { d: `M4 4V25M24 4V25${bar}` }),
  );
}
