import type { Document, ParsedNode } from "yaml";
import { type Yaml, yamlTokens } from "../settings/yaml-tokens.ts";
import { isList, isObject, type Json } from "./json.ts";

/** A YAML document of a stream; offsets of its nodes count from the stream's begin. */
export type YamlDocument = Document.Parsed<ParsedNode, true>;

/** One document, or what is wrong with the text, after which nothing comes. */
export type ReadDocument =
  | { readonly document: YamlDocument /** Where its content begins; from 1. */; readonly line: number }
  | { readonly problems: readonly string[] };

/** How YAML is read: as kubectl does, which knows merge keys and takes the last of two equal keys. */
export const READING = { merge: true, uniqueKeys: false, prettyErrors: false, logLevel: "error" } as const;

/** Levels of nesting: schemas in CustomResourceDefinitions are the deepest, with some 50. */
const DEEPEST_NESTING = 200;
const MOST_PROBLEMS = 5;

/**
 * Reads the documents of a YAML stream one by one, so that only one of them is held at a time. Problems are sentences
 * that begin with `name:line:column`.
 */
export function* readDocuments(yaml: Yaml, text: string, name: string): Generator<ReadDocument> {
  const lines = new yaml.LineCounter();
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const judge = (document: YamlDocument): ReadDocument => {
    const errors = errorsOf(yaml, document, text);
    if (errors.length === 0) return { document, line: lines.linePos(contentOffset(document)).line };
    return { problems: errors.slice(0, MOST_PROBLEMS).map(({ at, message }) => `${place(at)}: ${message}`) };
  };
  const composer = new yaml.Composer<ParsedNode, true>(READING);
  const tokens = yamlTokens(yaml, text, { deepest: DEEPEST_NESTING, onNewLine: lines.addNewLine });
  let step = tokens.next();
  for (; !step.done; step = tokens.next()) {
    for (const document of composer.next(step.value)) yield judge(document);
  }
  if (step.value !== null) {
    yield { problems: [`${place(step.value)}: nested more than ${DEEPEST_NESTING} levels deep`] };
    return;
  }
  // The forced document brings what is wrong at the stream's end: directives without a document.
  for (const document of composer.end(true, text.length)) yield judge(document);
}

interface ReadError {
  readonly at: number;
  readonly message: string;
}

/** The errors of reading, and aliases without an anchor, which the library finds only when it resolves them. */
function errorsOf(yaml: Yaml, document: YamlDocument, text: string): readonly ReadError[] {
  const errors = document.errors.map(({ pos, message }) => ({ at: pos[0], message }));
  if (errors.length > 0 || !text.slice(document.range[0], document.range[2]).includes("*")) return errors;
  const anchors = new Set<string>();
  yaml.visit(document, {
    Node: (_key, node) => {
      if (yaml.isAlias(node)) {
        if (!anchors.has(node.source)) {
          errors.push({
            at: node.range?.[0] ?? document.range[0],
            message: `There is no anchor ${node.source} before`,
          });
        }
      } else if (node.anchor !== undefined) anchors.add(node.anchor);
    },
  });
  return errors;
}

function contentOffset({ contents, range }: YamlDocument): number {
  return contents?.range[0] ?? range[0];
}

/** Both bound what aliases blow up: how often one is used, and how many values there are once each is written out. */
const MOST_ALIASES = 10_000;
const MOST_VALUES = 5_000_000;

/** What a document holds, or why that cannot be said. */
export type DocumentData = { readonly ok: true; readonly data: Json } | { readonly ok: false; readonly reason: string };

/**
 * A document as plain data in which no part is the same object as another. Aliases may make more of it than a document
 * means to be, and merge keys may lead nowhere: the library finds out only here.
 */
export function dataOf(document: YamlDocument): DocumentData {
  let left = MOST_VALUES;
  const copy = (value: Json): Json => {
    left -= 1;
    if (left < 0) throw new RangeError("Aliases make too many values of this document");
    if (isList(value)) return value.map(copy);
    if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copy(part)]));
    return value;
  };
  try {
    return { ok: true, data: copy(document.toJS({ maxAliasCount: MOST_ALIASES }) as Json) };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
