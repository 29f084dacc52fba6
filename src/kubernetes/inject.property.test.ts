import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAllDocuments, parseDocument, stringify } from "yaml";
import { ALL_AND_OTHERWISE, ANNOTATED_ONLY, injected } from "../../test/support/injecting.ts";
import { inject } from "./inject.ts";
import { isList, isObject, type Json, type JsonObject } from "./json.ts";

const RUNS = { numRuns: 60 };
const TIME_LIMIT_MS = 60_000;

const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/).filter((text) => text !== "readiness-gate");
const word = fc.oneof(
  name,
  fc.constantFrom(
    "yes",
    "0x1F",
    "# no comment",
    "a: b",
    "- x",
    "",
    "two\nlines\n",
    " edge ",
    "ü€😀",
    "*star",
    "{",
    "1e3",
  ),
  fc.string({ maxLength: 12 }),
);
const extras = fc.dictionary(name, fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null), fc.array(word)), {
  maxKeys: 3,
});
const container = fc.record({ name, image: word }).chain((base) => extras.map((more) => ({ ...more, ...base })));
const volume = name.map((text) => ({ name: text, emptyDir: {} }));
const podSpec = fc
  .record(
    {
      containers: fc.array(container, { minLength: 1, maxLength: 3 }),
      initContainers: fc.option(fc.array(container, { maxLength: 2 })),
      volumes: fc.option(fc.array(volume, { maxLength: 2 })),
      restartPolicy: fc.constantFrom("Always", "Never"),
    },
    { requiredKeys: ["containers"] },
  )
  .chain((spec) => extras.map((more) => shuffled({ ...more, ...spec })));
const metadata = fc.record({
  name,
  annotations: fc.constantFrom<JsonObject>(
    { "readiness-gate.dev/inject": "true" },
    { "readiness-gate.dev/inject": "true", "readiness-gate.dev/mode": "hold" },
    { "readiness-gate.dev/inject": "false" },
    { other: "1" },
  ),
});
const template = fc.record({ metadata, spec: podSpec });
const pod = fc.record({ metadata, spec: podSpec }).map((rest) => ({ apiVersion: "v1", kind: "Pod", ...rest }));
const workload = fc.record({ metadata, spec: fc.record({ template }) }).chain((rest) =>
  fc
    .constantFrom(["apps/v1", "Deployment"], ["apps/v1", "StatefulSet"], ["batch/v1", "Job"])
    .map(([apiVersion, kind]) => {
      return { apiVersion, kind, ...rest };
    }),
);
const other = fc.record({ kind: fc.constantFrom("ConfigMap", "Thing"), data: extras });
const single = fc.oneof(pod, workload, other);
const document = fc.oneof(
  { weight: 4, arbitrary: single },
  {
    weight: 1,
    arbitrary: fc.array(single, { maxLength: 3 }).map((items) => ({ apiVersion: "v1", kind: "List", items })),
  },
) as fc.Arbitrary<JsonObject>;

/** Keys in another order than the one that the generator knows. */
function shuffled<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => a.length - b.length)) as T;
}

const style = fc.record({
  json: fc.constantFrom("no", "no", "no", "compact", "pretty"),
  indentSeq: fc.boolean(),
  indent: fc.constantFrom(2, 4),
  comments: fc.boolean(),
  flowFrom: fc.constantFrom(99, 99, 3, 4, 5),
  lineBreak: fc.constantFrom("\n", "\r\n"),
  hasEnd: fc.boolean(),
});

interface Style {
  readonly json: string;
  readonly indentSeq: boolean;
  readonly indent: number;
  readonly comments: boolean;
  readonly flowFrom: number;
  readonly lineBreak: string;
  readonly hasEnd: boolean;
}

/** A document as somebody might have written it. */
function written(value: Json, how: Style): string {
  if (how.json !== "no") return JSON.stringify(value, null, how.json === "pretty" ? 3 : 0);
  const parsed = parseDocument(stringify(value, { indent: how.indent, indentSeq: how.indentSeq }));
  layOut(parsed.contents, 0, how);
  return parsed.toString({ indent: how.indent, indentSeq: how.indentSeq, lineWidth: 0 });
}

function layOut(node: unknown, depth: number, how: Style): void {
  const collection = node as { items?: unknown[]; flow?: boolean; commentBefore?: string } | null;
  if (!Array.isArray(collection?.items)) return;
  collection.flow = depth >= how.flowFrom || collection.items.length === 0;
  for (const item of collection.items) {
    const pair = item as { key?: { commentBefore?: string }; value?: unknown };
    if (how.comments && pair.key && depth < how.flowFrom) pair.key.commentBefore = ` before, at depth ${depth}`;
    layOut("value" in pair && pair.key ? pair.value : item, depth + 1, how);
  }
}

const stream = fc.array(fc.tuple(document, style), { minLength: 1, maxLength: 3 }).map((documents) => {
  const lineBreak = documents[0]?.[1].lineBreak ?? "\n";
  const texts = documents.map(([value, how]) => `---\n${written(value, how)}${how.hasEnd ? "\n...\n" : "\n"}`);
  return texts.join("").replaceAll("\n", lineBreak);
});

const read = (text: string): readonly Json[] =>
  parseAllDocuments(text, { uniqueKeys: false }).map((one) => one.toJS() as Json);

/** The value without the gate and its volume, and without lists that are empty then. */
function withoutGate(value: Json): Json {
  if (isList(value)) return value.map(withoutGate);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, part]): [string, Json] => [
    key,
    isGateList(key) ? cleaned(part) : withoutGate(part),
  ]);
  return Object.fromEntries(entries.filter(([key, part]) => !isGateList(key) || part !== null));
}

const isGateList = (key: string) => ["containers", "initContainers", "volumes"].includes(key);

function cleaned(list: Json): Json {
  if (!isList(list)) return list;
  const rest = list.filter((item) => !isObject(item) || item["name"] !== "readiness-gate");
  return rest.length === 0 ? null : rest.map(withoutGate);
}

describe("whatever the manifests look like", () => {
  it(
    "nothing but the gate comes in, and nothing goes",
    async () => {
      await fc.assert(
        fc.asyncProperty(stream, fc.constantFrom(ANNOTATED_ONLY, ALL_AND_OTHERWISE), async (text, options) => {
          const { text: after, count } = await injected(text, options);
          expect(read(after).map(withoutGate)).toEqual(read(text).map(withoutGate));
          expect(after.split("journal.ndjson").length).toBe(text.split("journal.ndjson").length + count);
          if (count === 0) expect(after).toBe(text);
        }),
        RUNS,
      );
    },
    TIME_LIMIT_MS,
  );

  it(
    "a second run changes nothing, with other options either",
    async () => {
      await fc.assert(
        fc.asyncProperty(stream, async (text) => {
          const once = await injected(text, ALL_AND_OTHERWISE);
          expect(await injected(once.text, ANNOTATED_ONLY)).toMatchObject({ text: once.text, count: 0 });
        }),
        RUNS,
      );
    },
    TIME_LIMIT_MS,
  );

  it(
    "comments and what stands between the changes stay as they were",
    async () => {
      await fc.assert(
        fc.asyncProperty(stream, async (text) => {
          const { text: after } = await injected(text, ALL_AND_OTHERWISE);
          const comments = (one: string) => one.match(/# before, at depth \d/g) ?? [];
          expect(comments(after)).toEqual(comments(text));
        }),
        RUNS,
      );
    },
    TIME_LIMIT_MS,
  );
});

describe("whatever comes in", () => {
  const piece = fc.constantFrom(
    ...[
      "---\n",
      "...\n",
      "- ",
      "a: ",
      "&x ",
      "*x",
      "<<: *x\n",
      "[",
      "]",
      "{",
      "}",
      ",",
      "\n",
      "  ",
      "\t",
      "|\n",
      ">-\n",
      "# c\n",
    ],
    ...[
      "kind: Pod\n",
      "apiVersion: v1\n",
      "spec:\n",
      "  containers:\n",
      "  - name: a\n",
      "%YAML 1.1\n",
      "\uFEFF",
      "\r\n",
    ],
    ...["'", '"', "!!seq ", "? ", "null", "metadata: {annotations: {readiness-gate.dev/inject: 'true'}}\n"],
  );
  const noise = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join("")),
  );

  it(
    "it is passed through, changed as asked, or refused with its place; never an exception",
    async () => {
      await fc.assert(
        fc.asyncProperty(noise, async (text) => {
          const result = await inject(text, ALL_AND_OTHERWISE);
          if (!result.ok) expect(result.problems[0]).toMatch(/^stdin:\d+(:\d+)?: /);
          else if (result.count === 0) expect([...result.parts()].join("")).toBe(text);
        }),
        { numRuns: 1_000 },
      );
    },
    TIME_LIMIT_MS,
  );
});
