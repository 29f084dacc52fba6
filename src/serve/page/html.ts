import type { Piece } from "./piece.ts";

/** Elements that HTML writes without an end. */
const VOID_TAGS: ReadonlySet<string> = new Set(["meta", "link"]);

/** Elements of pictures that end in themselves where they hold nothing. */
const SHAPES: ReadonlySet<string> = new Set(["line", "path", "rect"]);

/** Writes pieces as HTML, with every text and every attribute's value escaped. */
export function htmlOf(pieces: readonly Piece[]): string {
  return pieces.map((piece) => (typeof piece === "string" ? escapeHtml(piece) : elementHtml(piece))).join("");
}

function elementHtml({ tag, attributes, children }: Exclude<Piece, string>): string {
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}="${escapeHtml(value)}"`);
  const start = `<${tag}${written.join("")}`;
  if (VOID_TAGS.has(tag)) return `${start}>`;
  if (SHAPES.has(tag) && children.length === 0) return `${start}/>`;
  return `${start}>${htmlOf(children)}</${tag}>`;
}

/** Makes text safe inside an element and inside a quoted attribute. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
