/**
 * One piece of the page: a text or an element. Plain data, which the server writes as HTML and the browser shows as nodes;
 * neither ever takes a text for markup.
 */
export type Piece = string | ElementPiece;

export interface ElementPiece {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Piece[];
}

/** Attributes as they are written in views; null and false leave one out, true gives it no value. */
export type Attributes = Readonly<Record<string, string | number | boolean | null>>;

/** What an element may hold; null and false are nothing. */
export type Content = Piece | null | false | readonly Content[];

/** Makes an element, every text of it {@link visible}. The attribute `data-key` makes it the same element wherever among its siblings it moves. */
export function h(tag: string, attributes: Attributes, ...content: readonly Content[]): ElementPiece {
  const kept = Object.entries(attributes).filter(([, value]) => value !== null && value !== false);
  const written = kept.map(([name, value]) => [name, value === true ? "" : visible(String(value))] as const);
  return { tag, attributes: Object.fromEntries(written), children: content.flatMap(piecesOf) };
}

function piecesOf(content: Content): readonly Piece[] {
  if (content === null || content === false) return [];
  if (isList(content)) return content.flatMap(piecesOf);
  return [typeof content === "string" ? visible(content) : content];
}

function isList(content: Exclude<Content, null | false>): content is readonly Content[] {
  return Array.isArray(content);
}

/** Controls, formatting (bidirectional overrides among it), line and paragraph separators, lone surrogates, private use. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;

/** A text as a person may see it: servers put into their errors what they like, and some of it would not show as it is. */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, "\u{fffd}");
}
