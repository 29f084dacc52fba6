/** A word, with what stands between backticks kept together: a command broken over two lines could not be pasted. */
const PIECES = /(?:[^\s`]|`[^`]*`)+/g;

/**
 * Breaks a text into lines of at most `width` characters where it has spaces, none of them within backticks. A piece
 * that is longer than a line stands on a line of its own.
 */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const [piece] of text.matchAll(PIECES)) {
    const longer = line === "" ? piece : `${line} ${piece}`;
    if (line !== "" && longer.length > width) {
      lines.push(line);
      line = piece;
    } else {
      line = longer;
    }
  }
  return line === "" ? lines : [...lines, line];
}
