import { isDeepStrictEqual } from "node:util";
import type { ParsedNode } from "yaml";
import type { Yaml } from "../settings/yaml-tokens.ts";
import { editPodSpec } from "./edit-pod-spec.ts";
import { isObject, type Json, type JsonObject, withPart } from "./json.ts";
import { type Insertion, type PlanOptions, planGate, withInsertions } from "./plan.ts";
import { foreignTemplate, isPodKind, type PodOwner, podOwners } from "./pod-owner.ts";
import { dataOf, READING, type ReadDocument, type YamlDocument } from "./read-documents.ts";
import { choose, INJECT, isAskedFor, type Selection } from "./selection.ts";
import { type Edit, editedParts, inOrder } from "./text-edits.ts";

/** Which pods get the gate, and how it is to stand in them. */
export interface DocumentOptions extends Omit<PlanOptions, "mode"> {
  /** As messages call the text. */
  readonly name: string;
  readonly selection: Selection;
}

/** The text that a document is part of. */
export interface DocumentWork {
  readonly yaml: Yaml;
  readonly text: string;
  readonly options: DocumentOptions;
}

/** Edits of the text, in order, that add the gate to a document; or what is wrong with it. */
export type InjectedDocument =
  | {
      readonly edits: readonly Edit[];
      /** What was done, one sentence each. */
      readonly notes: readonly string[];
      /** How many pod specs got the gate. */
      readonly count: number;
    }
  | { readonly problems: readonly string[] };

/** Adds the gate to what has pods in a document. */
export function injectInto(work: DocumentWork, read: Extract<ReadDocument, { line: number }>): InjectedDocument {
  const place = `${work.options.name}:${read.line}`;
  if (!mayHavePod(work, read.document)) return { edits: [], notes: [], count: 0 };
  const told = dataOf(read.document);
  if (!told.ok) return { problems: [`${place}: ${told.reason}`] };
  const before = told.data;
  const outcomes = podOwners(before).map((owner) => ({ owner, ...outcomeOf(owner, work.options) }));
  const say = (title: string, text: string) => `${place}: ${title}: ${text}`;
  const problems = outcomes.flatMap(({ owner, problem }) => (problem === null ? [] : [say(owner.title, problem)]));
  if (problems.length > 0) return { problems };
  const notes = outcomes.flatMap(({ owner, note }) => (note === null ? [] : [say(owner.title, note)]));
  const changes = outcomes.flatMap(({ owner, change }) => (change === null ? [] : [{ path: owner.path, ...change }]));
  const edits = editsOf(work, read.document, { before, changes });
  if (edits === null) return { problems: [`${place}: ${UNEXPECTED}`] };
  return {
    edits,
    notes: [...notes, ...foreignNotes(before).map((note) => `${place}: ${note}`)],
    count: changes.length,
  };
}

const UNEXPECTED =
  "adding the gate would change more than its pod: an anchor shares parts of this document. Write them out, or use the chart";

/** Whether the document may have a pod: most of a chart has none, and schemas are long. */
function mayHavePod({ yaml, text }: DocumentWork, { contents, range }: YamlDocument): boolean {
  if (!yaml.isMap(contents)) return false;
  const kind = contents.get("kind");
  return kind === undefined || isPodKind(kind) || text.slice(range[0], range[2]).includes(INJECT);
}

/** A pod spec as it is to be, and what goes into it. */
interface Change {
  readonly podSpec: JsonObject;
  readonly insertions: readonly Insertion[];
}

interface Outcome {
  readonly problem: string | null;
  readonly note: string | null;
  readonly change: Change | null;
}

const NO_OUTCOME: Outcome = { problem: null, note: null, change: null };

function outcomeOf(owner: PodOwner, options: DocumentOptions): Outcome {
  const choice = choose(owner, options.selection);
  if ("problem" in choice) return { ...NO_OUTCOME, problem: choice.problem };
  if (!choice.isChosen) return { ...NO_OUTCOME, note: choice.note };
  const plan = planGate(owner, { ...options, mode: choice.mode });
  if (plan.kind === "nothing") return { ...NO_OUTCOME, note: plan.reason };
  const podSpec = withInsertions(isObject(owner.podSpec) ? owner.podSpec : {}, plan.insertions);
  return {
    problem: null,
    note: [plan.did, ...plan.notes].join("; "),
    change: { podSpec, insertions: plan.insertions },
  };
}

/** Kinds that are not known here may have pods as well. */
function foreignNotes(data: Json): readonly string[] {
  const foreign = foreignTemplate(data);
  if (foreign === null || !isAskedFor(foreign.annotations)) return [];
  return [`${foreign.title}: left as it is: its kind is not one that the gate can be added to`];
}

interface DocumentChange {
  readonly before: Json;
  readonly changes: readonly (Change & Pick<PodOwner, "path">)[];
}

/** The edits, in order; null when the document would not become what it was meant to. */
function editsOf(
  work: DocumentWork,
  document: YamlDocument,
  { before, changes }: DocumentChange,
): readonly Edit[] | null {
  if (changes.length === 0) return [];
  const edited = new Set<unknown>();
  const edits = inOrder(
    changes.flatMap((change) => editPodSpec({ ...work, document, edited, path: change.path }, change)),
  );
  const after = changes.reduce((data, { path, podSpec }) => withPart(data, path, podSpec), before);
  return isDeepStrictEqual(dataAfter(work, document, edits), after) ? edits : null;
}

/** Reads an edited document again; null when it cannot be read. */
function dataAfter({ yaml, text }: DocumentWork, document: YamlDocument, edits: readonly Edit[]): Json | null {
  const [start, , end] = document.range;
  const edited = [...editedParts(text, edits, { start, end: Math.max(end, edits.at(-1)?.end ?? end) })].join("");
  const again = yaml.parseDocument<ParsedNode, true>(edited, { ...READING, version: document.directives.yaml.version });
  const told = dataOf(again);
  return again.errors.length === 0 && told.ok ? told.data : null;
}
