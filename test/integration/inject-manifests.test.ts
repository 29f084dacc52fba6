import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { ALL_AND_OTHERWISE, ANNOTATED_ONLY, injected } from "../support/injecting.ts";

const FOLDER = join(import.meta.dirname, "..", "manifests");
const EXPECTED = join(FOLDER, "expected");
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith(".yaml"));
const read = (folder: string, name: string) => readFileSync(join(folder, name), "utf8");
const notesName = (name: string) => name.replace(/yaml$/, "txt");

/** `UPDATE_EXPECTED=1 npx vitest run inject-manifests` writes what comes out, to be read before it is committed. */
if (process.env["UPDATE_EXPECTED"] === "1") {
  for (const name of NAMES) {
    const { text, notes } = await injected(read(FOLDER, name));
    writeFileSync(join(EXPECTED, name), text);
    writeFileSync(join(EXPECTED, notesName(name)), notes.map((note) => `${note}\n`).join(""));
  }
}

it("has manifests of many kinds, and an expectation for each", () => {
  expect(NAMES.length).toBeGreaterThanOrEqual(20);
  const kinds = NAMES.flatMap((name) =>
    [...read(FOLDER, name).matchAll(/\bkind"?: ?"?(\w+)/g)].map(([, kind]) => kind),
  );
  expect(kinds).toEqual(
    expect.arrayContaining([
      ...["Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "List"],
      ...["Server", "ServerConfig", "CustomResourceDefinition", "ConfigMap"],
    ]),
  );
  expect(new Set(readdirSync(EXPECTED))).toEqual(new Set([...NAMES, ...NAMES.map(notesName)]));
});

describe.each(NAMES)("%s", (name) => {
  it("comes out as expected, with these notes", async () => {
    const { text, notes } = await injected(read(FOLDER, name));
    expect(text).toBe(read(EXPECTED, name));
    expect(notes.map((note) => `${note}\n`).join("")).toBe(read(EXPECTED, notesName(name)));
  });

  it("is changed no more by a second run, with other options either", async () => {
    const expected = read(EXPECTED, name);
    expect(await injected(expected)).toMatchObject({ text: expected, count: 0 });
    const asked = { ...ALL_AND_OTHERWISE, selection: { ...ALL_AND_OTHERWISE.selection, isAll: false } };
    expect(await injected(expected, asked)).toMatchObject({ text: expected, count: 0 });
  });

  it("keeps every character, but for the empty values and aliases that lists take the place of", async () => {
    const kept = read(FOLDER, name).replaceAll(/ *(?:\[\s*\]|\{\s*\}|null|\*\w+)/g, "");
    const { text } = await injected(read(FOLDER, name));
    expect(firstMissing(kept, text)).toBeNull();
  });

  it("can be read with each gate in it once", async () => {
    const { text, count } = await injected(read(FOLDER, name));
    const documents = parseAllDocuments(text, { merge: true, uniqueKeys: true });
    expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
    expect(text.split("/var/run/readiness-gate/journal.ndjson").length - 1).toBe(count);
  });
});

/** The rest of a text whose characters are not all found, in order, in another; null when they are. */
function firstMissing(characters: string, text: string): string | null {
  let at = 0;
  for (const [index, character] of [...characters].entries()) {
    const found = text.indexOf(character, at);
    if (found < 0) return [...characters].slice(index).join("");
    at = found + 1;
  }
  return null;
}

it("writes JSON where it reads JSON", async () => {
  for (const name of NAMES.filter((one) => one.includes("json"))) {
    const { text, count } = await injected(read(FOLDER, name), ANNOTATED_ONLY);
    expect(count).toBe(1);
    expect(JSON.stringify(JSON.parse(text))).toContain('"name":"readiness-gate"');
  }
});
