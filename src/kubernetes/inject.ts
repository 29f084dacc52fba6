import { type DocumentOptions, injectInto } from "./inject-document.ts";
import { readDocuments } from "./read-documents.ts";
import { type Edit, editedParts } from "./text-edits.ts";

/** Manifests with the gate added, or what is wrong with them: then nothing is to be written. */
export type Injected =
  | {
      readonly ok: true;
      /** The text, in parts that follow each other. */
      parts(): Iterable<string>;
      /** What was done to which document, one sentence each. */
      readonly notes: readonly string[];
      /** How many pod specs got the gate. */
      readonly count: number;
    }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Adds the gate to the manifests of a YAML stream, JSON included. The text is edited where something goes in and nowhere
 * else, so that all the rest stays as it is to the byte; each document that was edited is then read again, and must be
 * what it was meant to be.
 */
export async function inject(text: string, options: DocumentOptions): Promise<Injected> {
  const yaml = await import("yaml");
  const edits: Edit[] = [];
  const notes: string[] = [];
  let count = 0;
  for (const read of readDocuments(yaml, text, options.name)) {
    const done = "problems" in read ? read : injectInto({ yaml, text, options }, read);
    if ("problems" in done) return { ok: false, problems: done.problems };
    edits.push(...done.edits);
    notes.push(...done.notes);
    count += done.count;
  }
  return { ok: true, parts: () => editedParts(text, edits, { start: 0, end: text.length }), notes, count };
}
