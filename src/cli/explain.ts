import { VERDICT_CODES } from "../core/verdict-table.ts";
import { codeNamed, codesLike, type ExplanationStyle, explainAll, explainCode } from "../report/explanation.ts";
import { closestWord } from "../settings/suggestion.ts";
import type { Context } from "./context.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { UsageError } from "./usage-error.ts";

/** Where there is no terminal to ask for its width. */
const WIDTH_WITHOUT_TERMINAL = 80;
const LONGEST_QUOTE = 64;

/**
 * Prints what a verdict means, or what all of them mean when `code` is undefined.
 *
 * @returns the exit code
 * @throws {UsageError} when no verdict has that code
 */
export function explain(code: string | undefined, { environment }: Context): number {
  process.stdout.write(explanationOf(code, styleOf(environment)));
  return EXIT.ok;
}

function explanationOf(word: string | undefined, style: ExplanationStyle): string {
  if (word === undefined) return explainAll(style);
  const code = codeNamed(word);
  if (code === null) throw new UsageError(noSuchCode(word));
  return explainCode(code, style);
}

function styleOf(environment: Context["environment"]): ExplanationStyle {
  return {
    width: process.stdout.columns ?? WIDTH_WITHOUT_TERMINAL,
    hasColours: Boolean(process.stdout.isTTY) && !environment["NO_COLOR"],
    exitCodeOf: (verdictClass) => exitCodeOf(verdictClass === "ready", verdictClass),
  };
}

function noSuchCode(word: string): string {
  const closest = closestWord(word, VERDICT_CODES);
  const similar = new Set([...(closest === null ? [] : [closest]), ...codesLike(word)]);
  const quoted = JSON.stringify(word.slice(0, LONGEST_QUOTE));
  if (similar.size === 0) return `no verdict is called ${quoted}; there are: ${VERDICT_CODES.join(", ")}`;
  return `no verdict is called ${quoted}; did you mean ${[...similar].join(", ")}?`;
}
