/** One bad setting. */
export interface Problem {
  /** The option's key, or the file's own name when the file is at fault. */
  readonly setting: string;
  /** Where the value came from: `environment GATE_LISTEN`, `flag --listen`, `gate.yaml:3:9 listen`, `preset seldon`. */
  readonly source: string;
  /** The value as it was given. */
  readonly got: string;
  /** What the setting takes: a phrase that goes after "expected". */
  readonly expected: string;
}

const LONGEST_VALUE = 120;
const MOST_LINES = 50;

/** All problems as one message for people: a heading, then one line for each. Control characters are escaped. */
export function formatProblems(problems: readonly Problem[]): string {
  const lines = problems.slice(0, MOST_LINES).map(formatProblem);
  const more = problems.length - lines.length;
  const heading = problems.length === 1 ? "1 bad setting:" : `${problems.length} bad settings:`;
  return [heading, ...lines, ...(more > 0 ? [`  and ${more} more`] : [])].join("\n");
}

function formatProblem({ setting, source, got, expected }: Problem): string {
  return printable(`  ${setting} (${source}): got ${got === "" ? "nothing" : quoted(got)}, expected ${expected}`);
}

function quoted(text: string): string {
  return JSON.stringify(text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text);
}

/** JSON leaves DEL, the C1 controls and what turns the direction of text as they are. */
function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
