/** The longest line of a journal, in characters, all of them ASCII; without its newline. */
export const LINE_LIMIT = 16_384;

interface Bounds {
  readonly items: number;
  readonly characters: number;
}

/** Tried one after another until a line fits. */
const BOUNDS: readonly Bounds[] = [
  { items: 32, characters: 1_000 },
  { items: 16, characters: 200 },
  { items: 4, characters: 100 },
  { items: 1, characters: 40 },
];

/** Fields that are never trimmed: settings, which must be read back as they are, and what is short enough by itself. */
const WHOLE_FIELDS: ReadonlySet<string> = new Set(["target", "targets", "policy", "restartedAt"]);

/**
 * A value as one line of JSON in ASCII, so that a cut never splits a character. When it is longer than
 * {@link LINE_LIMIT}, its long lists and texts are cut and it says `"trimmed": true`.
 */
export function fittedLine(value: object): string {
  const whole = asciiJson(value);
  if (whole.length <= LINE_LIMIT) return whole;
  let line = whole;
  for (const bounds of BOUNDS) {
    line = asciiJson({ ...trimmedFields(value, bounds), trimmed: true });
    if (line.length <= LINE_LIMIT) break;
  }
  return line;
}

function asciiJson(value: object): string {
  // Escapes each UTF-16 code unit beyond ASCII (RFC 8259, section 7).
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function trimmed(value: unknown, bounds: Bounds): unknown {
  if (typeof value === "string") return value.slice(0, bounds.characters);
  if (Array.isArray(value)) {
    return mostTelling(value)
      .slice(0, bounds.items)
      .map((item) => trimmed(item, bounds));
  }
  return typeof value === "object" && value !== null ? trimmedFields(value, bounds) : value;
}

function trimmedFields(value: object, bounds: Bounds): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, WHOLE_FIELDS.has(name) ? field : trimmed(field, bounds)]),
  );
}

/** Of sockets the first on each address goes to the front: that they are many says less than where they are. */
function mostTelling(items: readonly unknown[]): readonly unknown[] {
  const seen = new Set<unknown>();
  const isFirst = items.map((item) => {
    const address = typeof item === "object" && item !== null && "address" in item ? item.address : item;
    const isNew = !seen.has(address);
    seen.add(address);
    return isNew;
  });
  return [...items.filter((_, index) => isFirst[index]), ...items.filter((_, index) => !isFirst[index])];
}
