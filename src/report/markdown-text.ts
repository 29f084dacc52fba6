import { printable } from "./printable.ts";

/** A text as it is in Markdown: nothing that a server said becomes markup, a link or a table cell of its own. */
export function plainText(text: string): string {
  return printable(text, true).replaceAll(/[\\`*_[\]<>#|~&]/g, "\\$&");
}

/** A text as code on one line. */
export function codeSpan(text: string): string {
  return `\`${printable(text, true).replaceAll("`", "'")}\``;
}
