import { styleText } from "node:util";
import type { Transition } from "../core/gate.ts";
import type { VerdictClass } from "../core/verdict-table.ts";

/** Paints one word, or leaves it plain where the output is no terminal. */
export type Paint = (verdictClass: VerdictClass, text: string) => string;

const COLOURS = {
  "network-block": "red",
  misconfiguration: "red",
  "server-fault": "red",
  unknown: "magenta",
  "slow-startup": "yellow",
  ready: "green",
} as const satisfies Record<VerdictClass, string>;

/** Colours by class of verdict, or none at all: the caller decides, and Node.js does not look at the terminal again. */
export function painter(hasColours: boolean): Paint {
  if (!hasColours) return (_verdictClass, text) => text;
  return (verdictClass, text) => styleText(COLOURS[verdictClass], text, { validateStream: false });
}

const TIME_WIDTH = 9;
const NAME_WIDTH = 9;
const CODE_WIDTH = 18;

/** One line of a story: seconds since its begin, who, what. */
export function storyLine(sinceMs: number, who: string, text: string): string {
  return `${(sinceMs / 1000).toFixed(3).padStart(TIME_WIDTH - 2)} s  ${who.padEnd(NAME_WIDTH)} ${text}`;
}

/** A transition as lines of a story: the verdict with its summary, then its evidence where it is not yet ready. */
export function transitionStory(transition: Transition, sinceMs: number, paint: Paint): readonly string[] {
  const { verdict } = transition;
  if (transition.kind === "gate") {
    const word = paint(verdict.class, transition.to.phase === "ready" ? "OPEN" : transition.to.phase.toUpperCase());
    return [storyLine(sinceMs, "gate", word)];
  }
  const summary = `${paint(verdict.class, verdict.code.padEnd(CODE_WIDTH))} ${verdict.summary}`;
  const indent = " ".repeat(TIME_WIDTH + NAME_WIDTH + 3);
  return [storyLine(sinceMs, transition.target, summary), ...verdict.evidence.map((line) => `${indent}· ${line}`)];
}
