import type { Node, Pair, YAMLMap } from "yaml";
import type { Yaml } from "../settings/yaml-tokens.ts";
import type { Path } from "./json.ts";
import type { YamlDocument } from "./read-documents.ts";

/** A place in a document's text: from the first character to after the last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Finds parts of a document as they are written. */
export interface NodeFinder {
  /** The node at a path, by way of aliases and merge keys; null where there is none. */
  at(path: Path): Node | null;
  /** The pair that a mapping itself has for a key: the last one, as in Kubernetes. */
  ownPair(map: YAMLMap, key: string): Pair | null;
  /** Where a node's own text is. */
  spanOf(node: unknown): Span;
  /** Where the text of the last part of a node ends; comments after it do not count. */
  endOf(node: unknown): number;
}

export function findNodes(yaml: Yaml, document: YamlDocument): NodeFinder {
  const resolved = (node: unknown): Node | null => {
    const target = yaml.isAlias(node) ? node.resolve(document) : node;
    return yaml.isNode(target) ? target : null;
  };
  const ownPair = (map: YAMLMap, key: string): Pair | null =>
    map.items.findLast((pair) => yaml.isScalar(pair.key) && pair.key.value === key) ?? null;
  const merged = (map: YAMLMap): readonly YAMLMap[] =>
    map.items
      .filter(({ key }) => yaml.isScalar(key) && typeof key.value === "symbol")
      .map(({ value }) => resolved(value))
      .flatMap((source) => (yaml.isSeq(source) ? source.items.map(resolved) : [source]))
      .filter((source) => yaml.isMap(source));
  const valueIn = (map: YAMLMap, key: string): Node | null => {
    const own = ownPair(map, key);
    if (own !== null) return resolved(own.value);
    for (const source of merged(map)) {
      const value = valueIn(source, key);
      if (value !== null) return value;
    }
    return null;
  };
  const spanOf = (node: unknown): Span => {
    const range = yaml.isNode(node) ? node.range : null;
    if (range == null) throw new Error("a node of a text has no place in it");
    return { start: range[0], end: range[1] };
  };
  const endOf = (node: unknown): number => {
    const last = yaml.isCollection(node) && node.flow !== true ? node.items.at(-1) : undefined;
    if (last === undefined) return spanOf(node).end;
    return endOf(yaml.isPair(last) ? (last.value ?? last.key) : last);
  };
  return {
    at: (path) => {
      let node = resolved(document.contents);
      for (const step of path) {
        if (yaml.isMap(node)) node = valueIn(node, String(step));
        else node = yaml.isSeq(node) ? resolved(node.items[Number(step)]) : null;
      }
      return node;
    },
    ownPair,
    spanOf,
    endOf,
  };
}
