import type { Snapshot } from "../../core/snapshot.ts";
import { CLASS_MEANINGS, type VerdictClass } from "../../core/verdicts/entry.ts";
import { timeOfDay } from "../../report/time-words.ts";
import { type ElementPiece, h, type Piece } from "./piece.ts";

/** A class of verdicts as people read it: its name, and a sign that does not need a colour. */
export const CLASS_WORDS: Readonly<Record<VerdictClass, { readonly name: string; readonly sign: string }>> = {
  ready: { name: "Ready", sign: "✓" },
  "slow-startup": { name: "Slow start", sign: "…" },
  "network-block": { name: "Network block", sign: "✕" },
  misconfiguration: { name: "Misconfiguration", sign: "≠" },
  "server-fault": { name: "Server fault", sign: "!" },
  unknown: { name: "Undecided", sign: "?" },
};

export { CLASS_MEANINGS };

/** The gate's state in one word, and what it has been through in a sentence. */
export function gateWords({ phase, ready }: Pick<Snapshot, "phase" | "ready">): {
  readonly state: string;
  readonly story: string;
} {
  const state = ready ? "open" : "closed";
  if (phase === "stopping") return { state, story: "It was asked to end." };
  if (phase === "lost") return { state, story: "It has been open before, and closed again." };
  return { state, story: ready ? "The pod's readiness probe passes." : "It has not been open yet." };
}

/** The document's title: what a tab has room for comes first. */
export function titleOf({ ready, verdict }: Snapshot): string {
  const state = ready ? "Open" : "Closed";
  const why = ready && verdict.class === "ready" ? "" : `: ${verdict.target} ${verdict.code}`;
  return `${state}${why} · readiness-gate`;
}

/** A class of verdicts as a coloured label with its sign. */
export function classChip(verdictClass: VerdictClass): ElementPiece {
  const { name, sign } = CLASS_WORDS[verdictClass];
  return h("span", { class: `chip c-${verdictClass}` }, h("span", { "aria-hidden": "true" }, `${sign} `), name);
}

/** A time of day; the whole one is in the markup. */
export function timePiece(iso: string): ElementPiece {
  return h("time", { datetime: iso }, timeOfDay(iso));
}

/** The gate's own prose, in which backquotes mark what is to be typed or compared. */
export function proseOf(text: string): readonly Piece[] {
  return text.split("`").map((part, index) => (index % 2 === 0 ? part : h("code", {}, part)));
}

/** Words of our own as a sentence; never for what begins with a name, which is to be compared letter by letter. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Observed facts, one a line. */
export function evidenceList(evidence: readonly string[]): ElementPiece {
  return h(
    "ul",
    { class: "evidence" },
    evidence.map((line) => h("li", {}, line)),
  );
}

/** Milliseconds of a measurement, with as many digits as mean something. */
export function inMs(ms: number): string {
  if (ms >= 100) return `${Math.round(ms).toLocaleString("en")} ms`;
  return `${Number(ms.toPrecision(2))} ms`;
}

/** A count with its noun. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}
