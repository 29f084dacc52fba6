import type { Yaml } from "../settings/yaml-tokens.ts";
import { isList, isObject, type Json, type Path } from "./json.ts";
import { listEdits, type Page, valueEdits } from "./list-edits.ts";
import type { Insertion } from "./plan.ts";
import type { YamlDocument } from "./read-documents.ts";
import type { Edit } from "./text-edits.ts";
import { findNodes } from "./yaml-nodes.ts";

/** Where the pod spec is. */
export interface PodSpecPlace {
  readonly yaml: Yaml;
  readonly text: string;
  readonly document: YamlDocument;
  readonly path: Path;
  /** The mappings that were edited already: an alias leads to one of them again. */
  readonly edited: Set<unknown>;
}

/** What the pod spec is to become. */
export interface PodSpecChange {
  readonly insertions: readonly Insertion[];
  readonly podSpec: Json;
}

/**
 * The edits of the document's text that change a pod spec as planned. None where the parts of the document are not as
 * they seem: what comes out has to be compared with what was meant.
 */
export function editPodSpec(place: PodSpecPlace, { insertions, podSpec }: PodSpecChange): readonly Edit[] {
  const page = pageOf(place);
  const { yaml, find } = page;
  const map = find.at(place.path);
  if (!yaml.isMap(map) || map.items.length === 0) {
    const parent = find.at(place.path.slice(0, -1));
    return yaml.isMap(parent) ? valueEdits(page, parent, String(place.path.at(-1)), podSpec) : [];
  }
  if (place.edited.has(map)) return [];
  place.edited.add(map);
  return insertions.flatMap(({ list, index, items }) => {
    const after = isObject(podSpec) ? podSpec[list] : [];
    return listEdits(page, map, { key: list, index, items, list: isList(after) ? after : [] });
  });
}

function pageOf({ yaml, text, document }: PodSpecPlace): Page {
  const [start, , end] = document.range;
  const firstBreak = text.indexOf("\n", start);
  return {
    yaml,
    text,
    find: findNodes(yaml, document),
    lineBreak: firstBreak > start && text[firstBreak - 1] === "\r" ? "\r\n" : "\n",
    isIndented: hasIndentedLists(text.slice(start, end)),
  };
}

/** Whether the first list under a key is indented; so they are where there is none. */
function hasIndentedLists(text: string): boolean {
  const found = /^([ \t]*)(?:- )*[^\s#-][^\n]*:[ \t]*\r?\n([ \t]*)- /m.exec(text);
  return found === null || (found[2]?.length ?? 0) > (found[1]?.length ?? 0);
}
