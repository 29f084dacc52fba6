import type { Pair, YAMLMap, YAMLSeq } from "yaml";
import type { Yaml } from "../settings/yaml-tokens.ts";
import { isObject, type Json } from "./json.ts";
import { blockLines, type FlowLayout, flowText } from "./render.ts";
import { type Edit, indentAt, lineEnd, lineStart } from "./text-edits.ts";
import type { NodeFinder, Span } from "./yaml-nodes.ts";

/** A document's text, and what is needed to write into it in its own style. */
export interface Page {
  readonly yaml: Yaml;
  readonly text: string;
  readonly find: NodeFinder;
  readonly lineBreak: "\n" | "\r\n";
  /** Whether lists are indented under their keys where there is no other example. */
  readonly isIndented: boolean;
}

/** A list of a mapping, as it is to be. */
export interface ListChange {
  readonly key: string;
  /** Items that go in, before the item that is at `index` now. */
  readonly index: number;
  readonly items: readonly Json[];
  /** The whole list afterwards. */
  readonly list: readonly Json[];
}

/** Edits that make a change of a list that a mapping has, or give it one. */
export function listEdits(page: Page, map: YAMLMap, change: ListChange): readonly Edit[] {
  const written = page.find.ownPair(map, change.key)?.value;
  // An alias is replaced by a list of its own: what it stands for may be used elsewhere too.
  if (!page.yaml.isSeq(written) || written.items.length === 0) return valueEdits(page, map, change.key, change.list);
  return [written.flow === true ? flowItems(page, written, change) : blockItems(page, written, change)];
}

/** Edits that give a mapping a value for a key: in place of the one that it has, or as a pair at its end. */
export function valueEdits(page: Page, map: YAMLMap, key: string, value: Json): readonly Edit[] {
  const pair = page.find.ownPair(map, key);
  if (pair !== null) return newValue(page, map, pair, value);
  if (map.flow === true) return [newFlowPair(page, map, key, value)];
  const column = columnOf(page, map);
  const at = afterTail(page, page.find.endOf(map), column);
  return [lines(page, at, column, blockLines(page.yaml, { [key]: value }, styleIn(page, map)))];
}

function newFlowPair(page: Page, map: YAMLMap, key: string, value: Json): Edit {
  const written = (layout: FlowLayout | null) => flowText(value, layout, page.lineBreak);
  return flowAppended(page, map, (layout) => `${JSON.stringify(key)}: ${written(layout)}`);
}

function newValue(page: Page, map: YAMLMap, pair: Pair, value: Json): readonly Edit[] {
  const { start, end } = oldValue(page, pair);
  if (map.flow === true) {
    return [edit(start, end, ` ${flowText(value, layoutOf(page, map), page.lineBreak)}`)];
  }
  const style = styleIn(page, map);
  const column = columnOf(page, map) + (isObject(value) || style.isIndented ? 2 : 0);
  const at = lineEnd(page.text, end);
  return [edit(start, end, ""), lines(page, at, column, blockLines(page.yaml, value, style))];
}

/** The place of a value that is to go, with the blanks before it; where nothing is written these may be a comment's. */
function oldValue({ text, find }: Page, { key, value }: Pair): Span {
  if (value === null) return { start: find.spanOf(key).end, end: find.spanOf(key).end };
  const { start, end } = find.spanOf(value);
  const blanks = start === end ? 0 : (/[ \t]*$/.exec(text.slice(lineStart(text, start), start))?.[0].length ?? 0);
  return { start: start - blanks, end };
}

function blockItems(page: Page, seq: YAMLSeq, { index, items }: ListChange): Edit {
  const { text, find } = page;
  const { start } = find.spanOf(seq);
  const column = start - lineStart(text, start);
  const at = index === 0 ? lineStart(text, start) : afterTail(page, find.endOf(seq.items[index - 1]), column + 1);
  return lines(page, at, column, blockLines(page.yaml, items, styleIn(page, seq.items[0])));
}

function flowItems(page: Page, seq: YAMLSeq, { index, items }: ListChange): Edit {
  const written = (layout: FlowLayout | null) => items.map((item) => flowText(item, layout, page.lineBreak));
  if (index > 0) {
    return flowAppended(page, seq, (layout) => written(layout).join(separator(page, layout)), seq.items[index - 1]);
  }
  const layout = layoutOf(page, seq);
  const at = page.find.spanOf(seq.items[0]).start;
  return edit(
    at,
    at,
    written(layout)
      .map((item) => item + separator(page, layout))
      .join(""),
  );
}

/** Adds text in a flow collection after one of its items, the last where none is named. */
function flowAppended(
  page: Page,
  collection: YAMLMap | YAMLSeq,
  written: (layout: FlowLayout | null) => string,
  after: unknown = collection.items.at(-1),
): Edit {
  const { find, yaml } = page;
  if (after === undefined) {
    const { start } = find.spanOf(collection);
    return edit(start + 1, start + 1, written(null));
  }
  const layout = layoutOf(page, collection);
  const at = find.spanOf(yaml.isPair(after) ? (after.value ?? after.key) : after).end;
  return edit(at, at, separator(page, layout) + written(layout));
}

function separator({ lineBreak }: Page, layout: FlowLayout | null): string {
  return layout === null ? ", " : `,${lineBreak}${layout.indent}`;
}

/** Items on lines of their own are laid out so; null when they share the line of the bracket. */
function layoutOf({ text, find, yaml }: Page, collection: YAMLMap | YAMLSeq): FlowLayout | null {
  const { start } = find.spanOf(collection);
  const last = collection.items.at(-1);
  const item = find.spanOf(yaml.isPair(last) ? last.key : last).start;
  const indent = indentAt(text, item);
  const isOwnLine = lineStart(text, item) > start && lineStart(text, item) + indent.length === item;
  if (!isOwnLine) return null;
  const outer = indentAt(text, start);
  return { indent, step: indent.startsWith(outer) && indent !== outer ? indent.slice(outer.length) : "  " };
}

function edit(start: number, end: number, text: string): Edit {
  return { start, end, text, depth: 0 };
}

/** Lines that go in at the begin of a line, or at the text's end behind a line that has no break. */
function lines({ text, lineBreak }: Page, at: number, column: number, block: readonly string[]): Edit {
  const indented = block.map((line) => " ".repeat(column) + line).join(lineBreak);
  const isAtBreak = at === 0 || text[at - 1] === "\n";
  return { start: at, end: at, text: isAtBreak ? indented + lineBreak : lineBreak + indented, depth: column };
}

/** Where the lines of a part end: after the one in which its text ends, and comments that are indented as deep. */
function afterTail({ text }: Page, end: number, column: number): number {
  let at = end > 0 && text[end - 1] === "\n" ? end : lineEnd(text, end);
  for (;;) {
    const line = text.slice(at, lineEnd(text, at));
    const isTail = /^[ \t]*#/.test(line) && line.search(/[^ \t]/) >= column;
    if (!isTail) return at;
    at += line.length;
  }
}

/** The column of a block mapping's keys: that of a key which begins its line; the first may stand behind a dash. */
function columnOf({ text, find }: Page, map: YAMLMap): number {
  const columns = map.items.map(({ key }) => {
    const { start } = find.spanOf(key);
    const column = start - lineStart(text, start);
    return { column, isFirst: indentAt(text, start).length === column };
  });
  return (columns.find(({ isFirst }) => isFirst) ?? columns[0])?.column ?? 0;
}

/** How the lists of a mapping stand under their keys, by the first that is one. */
function styleIn(page: Page, map: unknown): { readonly isIndented: boolean } {
  const { text, find, yaml } = page;
  const sample = yaml.isMap(map)
    ? map.items.find(({ value }) => yaml.isSeq(value) && value.flow !== true && value.items.length > 0)
    : undefined;
  if (sample === undefined || !yaml.isMap(map)) return { isIndented: page.isIndented };
  const { start } = find.spanOf(sample.value);
  return { isIndented: start - lineStart(text, start) > columnOf(page, map) };
}
