import { stripVTControlCharacters } from "node:util";

/** Longer texts of a server are cut off. */
const LONGEST = 400;

/** Controls, formatting (bidirectional overrides among it), line and paragraph separators, lone surrogates, private use. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;

/** Characters of the program's own texts that ASCII has a like for. */
const LIKES: Readonly<Record<string, string>> = { "·": "-", "×": "x", "…": "...", "–": "-", "—": "-", "→": "->" };

/**
 * Makes a text fit to be printed on one line of a terminal, whatever a hostile server put into it: no control character
 * and no escape sequence is left, white space is a space, and where the terminal does not show UTF-8 it is ASCII.
 */
export function printable(text: string, isUnicode: boolean): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  const plain = stripVTControlCharacters(short)
    .replaceAll(/[\t\n\r\v\f]+/g, " ")
    .replaceAll(UNPRINTABLE, "?");
  return isUnicode ? plain : plain.replaceAll(/[^ -~]/gu, (character) => LIKES[character] ?? "?");
}
