import type { Document, LineCounter, Pair } from "yaml";
import type { Option, OptionKey, RawSetting, RawText } from "./option.ts";
import { OPTION_LIST, optionByKey } from "./options.ts";
import type { Problem } from "./problem.ts";
import { closestWord } from "./suggestion.ts";
import { isTooDeep, type Yaml } from "./yaml-tokens.ts";

/** A settings file that the caller has read. */
export interface ConfigFile {
  /** As messages call it. */
  readonly name: string;
  readonly text: string;
}

/** What a file sets, and what is wrong with its form. */
export interface ReadConfigFile {
  /** Whether its keys could be read: if not, `settings` lacks some that the user meant to set. */
  readonly isReadable: boolean;
  readonly settings: ReadonlyMap<OptionKey, RawSetting>;
  readonly problems: readonly Problem[];
}

interface Parsed {
  readonly yaml: Yaml;
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
  readonly file: ConfigFile;
}

type Entry = { readonly key: OptionKey; readonly setting: RawSetting } | { readonly problem: Problem } | null;

const LONGEST_FILE = 65_536;
const MOST_SYNTAX_PROBLEMS = 5;
/** Entries of the parser's stack: settings need six. */
const DEEPEST_NESTING = 32;

/**
 * Reads a YAML mapping of option keys to values: a scalar, or a list of scalars for an option that takes several. The
 * values are not judged here. Never throws.
 */
export async function readConfigFile(file: ConfigFile): Promise<ReadConfigFile> {
  if (file.text.length > LONGEST_FILE) {
    const got = `${file.text.length} characters`;
    return refused({ setting: file.name, source: file.name, got, expected: `at most ${LONGEST_FILE} characters` });
  }
  const yaml = await import("yaml");
  if (isTooDeep(yaml, file.text, DEEPEST_NESTING)) {
    const expected = "settings that are not nested";
    return refused({ setting: file.name, source: file.name, got: file.text.trim(), expected });
  }
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(file.text, { lineCounter: lines, prettyErrors: false });
  const parsed = { yaml, document, lines, file };
  if (document.errors.length > 0) return refused(...syntaxProblems(parsed));
  const root = document.contents;
  if (isNothing(parsed, root)) return collect([]);
  if (!yaml.isMap(root)) {
    const expected = "settings, one on each line, such as probeTimeout: 2s";
    return refused({ setting: file.name, source: where(parsed, root), got: textOf(parsed, root), expected });
  }
  return collect(root.items.map((pair) => readEntry(parsed, pair)));
}

function refused(...problems: readonly Problem[]): ReadConfigFile {
  return { isReadable: false, settings: new Map(), problems };
}

function collect(entries: readonly Entry[]): ReadConfigFile {
  const settings = new Map<OptionKey, RawSetting>();
  const problems: Problem[] = [];
  for (const entry of entries) {
    if (entry === null) continue;
    if ("problem" in entry) problems.push(entry.problem);
    else settings.set(entry.key, entry.setting);
  }
  return { isReadable: true, settings, problems };
}

function syntaxProblems({ document, lines, file }: Parsed): readonly Problem[] {
  const textLines = file.text.split("\n");
  return document.errors.slice(0, MOST_SYNTAX_PROBLEMS).map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    const got = (textLines[line - 1] ?? "").trim();
    return { setting: file.name, source: `${file.name}:${line}:${col}`, got, expected: `valid YAML: ${error.message}` };
  });
}

function readEntry(parsed: Parsed, pair: Pair<unknown, unknown>): Entry {
  const { yaml } = parsed;
  const name = yaml.isScalar(pair.key) ? textOf(parsed, pair.key) : "";
  const option = optionByKey(name);
  if (option === undefined) return { problem: unknownKey(parsed, pair.key, name) };
  const value = yaml.isAlias(pair.value) ? pair.value.resolve(parsed.document) : pair.value;
  const source = `${where(parsed, isNothing(parsed, value) ? pair.key : value)} ${name}`;
  if (isNothing(parsed, value) && !option.isEmptyMeant) return null;
  const texts = isNothing(parsed, value) ? [{ text: "", where: source }] : textsOf(parsed, value, option);
  if (texts !== null) return { key: option.key, setting: { origin: "file", where: source, texts } };
  const list = option.separator === null ? "as one value" : "as one value or a list of them";
  return { problem: { setting: name, source, got: textOf(parsed, value), expected: `${option.expected}, ${list}` } };
}

function unknownKey(parsed: Parsed, key: unknown, name: string): Problem {
  const keys = OPTION_LIST.map((option) => option.key);
  const meant = closestWord(name, keys);
  const expected = meant === null ? `one of the settings ${keys.join(", ")}` : `a setting; did you mean ${meant}?`;
  const got = name === "" ? textOf(parsed, key) : name;
  return { setting: name === "" ? parsed.file.name : name, source: where(parsed, key), got, expected };
}

/** The value's texts; null when its form is not one that the option takes. */
function textsOf(parsed: Parsed, value: unknown, option: Option<unknown>): readonly RawText[] | null {
  const { yaml } = parsed;
  if (yaml.isScalar(value)) {
    const source = `${where(parsed, value)} ${option.key}`;
    const text = textOf(parsed, value);
    const texts = option.separator === null ? [text] : text.split(option.separator).filter((word) => word !== "");
    return texts.map((word) => ({ text: word, where: source }));
  }
  if (option.separator === null || !yaml.isSeq(value)) return null;
  if (!value.items.every((item) => yaml.isScalar(item) && item.value !== null)) return null;
  return value.items.map((item) => ({ text: textOf(parsed, item), where: `${where(parsed, item)} ${option.key}` }));
}

function isNothing({ yaml }: Parsed, node: unknown): boolean {
  return node === null || node === undefined || (yaml.isScalar(node) && node.value === null);
}

/** A scalar as it was written, so that `020` stays `020`; of other nodes their source, on one line. */
function textOf({ yaml, file }: Parsed, node: unknown): string {
  if (yaml.isScalar(node)) return typeof node.value === "string" ? node.value : (node.source ?? String(node.value));
  const range = yaml.isNode(node) ? node.range : null;
  return range === null || range === undefined
    ? ""
    : file.text.slice(range[0], range[1]).trim().replaceAll(/\s+/g, " ");
}

function where({ yaml, lines, file }: Parsed, node: unknown): string {
  const range = yaml.isNode(node) ? node.range : null;
  const { line, col } = lines.linePos(range?.[0] ?? 0);
  return `${file.name}:${line}:${col}`;
}
