/** A change of a text. */
export interface Edit {
  /** What is taken away: from the first character to after the last; equal when nothing is. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Of edits at one place the one with the greater depth comes first: an item goes before what follows its list. */
  readonly depth: number;
}

/** Sorts edits by place. */
export function inOrder(edits: readonly Edit[]): readonly Edit[] {
  return edits.toSorted((a, b) => a.start - b.start || b.depth - a.depth);
}

/** The parts of a text from `start` to `end` with edits made, which are in order and lie in it; offsets are the text's. */
export function* editedParts(text: string, edits: readonly Edit[], { start, end }: Pick<Edit, "start" | "end">) {
  let done = start;
  for (const edit of edits) {
    yield text.slice(done, edit.start);
    yield edit.text;
    done = edit.end;
  }
  yield text.slice(done, end);
}

/** The offset at which the line of a character begins. */
export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** The offset after the line break that ends the line of a character, or the text's end. */
export function lineEnd(text: string, offset: number): number {
  const found = text.indexOf("\n", offset);
  return found < 0 ? text.length : found + 1;
}

/** The blanks at the begin of the line of a character. */
export function indentAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, offset), offset))?.[0] ?? "";
}
