import { describe, expect, it } from "vitest";
import {
  layerOf,
  packageOf,
  readSourceFiles,
  type SourceFile,
  targetOf,
  withoutComments,
} from "./support/source-files.ts";

/** What the files of one folder may import, beside each other. */
interface Layer {
  /** Folders of `src`; `any`: all of them. */
  readonly folders: readonly string[] | "any";
  /** Packages from npm. */
  readonly packages: readonly string[];
  /** Whether modules of Node.js may be imported. */
  readonly mayUseNode: boolean;
}

/** The architecture: `core` decides, the folders around it do, and `cli` alone knows them all. */
const LAYERS: Readonly<Record<string, Layer>> = {
  core: { folders: [], packages: [], mayUseNode: false },
  kernel: { folders: ["core"], packages: ["ipaddr.js"], mayUseNode: true },
  proto: { folders: [], packages: ["@grpc/grpc-js", "@grpc/proto-loader"], mayUseNode: true },
  // A burst of connects and the kernel's counters are read in one turn of the event loop.
  probes: { folders: ["core", "proto", "kernel"], packages: ["@grpc/grpc-js"], mayUseNode: true },
  watch: { folders: ["core", "kernel", "probes"], packages: ["p-retry"], mayUseNode: true },
  record: { folders: ["core"], packages: ["pino", "prom-client"], mayUseNode: true },
  serve: { folders: ["core", "proto", "report"], packages: ["fastify", "@grpc/grpc-js"], mayUseNode: true },
  settings: { folders: ["core"], packages: ["yaml", "zod"], mayUseNode: true },
  capture: { folders: ["core", "kernel", "probes", "settings"], packages: ["ipaddr.js"], mayUseNode: false },
  preflight: { folders: ["core", "probes", "watch"], packages: [], mayUseNode: true },
  kubernetes: { folders: ["settings"], packages: ["yaml"], mayUseNode: true },
  report: { folders: ["core"], packages: [], mayUseNode: true },
  "stand-in": { folders: [], packages: ["@grpc/grpc-js", "zod"], mayUseNode: true },
  cli: { folders: "any", packages: ["commander", "close-with-grace"], mayUseNode: true },
  "main.ts": { folders: ["cli"], packages: [], mayUseNode: true },
};

const LONGEST_FILE = 250;

/** What would make `core` answer differently to the same question, or do something on its own. */
const IMPURE =
  /\b(?:Date\.now|Math\.random|performance\.now|setTimeout|setInterval|setImmediate|queueMicrotask|fetch)\s*\(|\bnew Date\(\s*\)|\b(?:process|console|globalThis)\./;

const FILES = readSourceFiles();

/** Why a file may not import something; null when it may. */
function objection(file: SourceFile, specifier: string): string | null {
  const layer = LAYERS[file.layer];
  if (layer === undefined) return `the folder ${file.layer} is not in the table of layers`;
  if (specifier.startsWith("node:")) return layer.mayUseNode ? null : specifier;
  if (!specifier.startsWith(".")) return layer.packages.includes(packageOf(specifier)) ? null : specifier;
  const target = targetOf(file, specifier);
  const isKnown = FILES.some(({ path }) => path === target);
  const isAllowed = layer.folders === "any" || [file.layer, ...layer.folders].includes(layerOf(target));
  return isKnown && isAllowed ? null : specifier;
}

it("sees the files that it judges, and what they import", () => {
  expect(FILES.length).toBeGreaterThan(60);
  expect([...new Set(FILES.map(({ layer }) => layer))].sort((a, b) => a.localeCompare(b))).toEqual(
    Object.keys(LAYERS).sort((a, b) => a.localeCompare(b)),
  );
  expect(FILES.flatMap(({ imports }) => imports).length).toBeGreaterThan(200);
  expect(FILES.find(({ path }) => path === "core/gate.ts")?.imports).toContain("./target-state.ts");
});

describe("each file imports only what its folder may", () => {
  it.each(FILES.map((file) => [file.path, file] as const))("%s", (_path, file) => {
    expect(file.imports.map((specifier) => objection(file, specifier)).filter((found) => found !== null)).toEqual([]);
  });
});

describe("the rule", () => {
  const file = (layer: string): SourceFile => ({ path: `${layer}/x.ts`, layer, text: "", imports: [] });

  it.each([
    ["core", "node:fs"],
    ["core", "zod"],
    ["core", "../kernel/addresses.ts"],
    ["kernel", "../probes/prober.ts"],
    ["probes", "fastify"],
    ["proto", "../core/moment.ts"],
    ["stand-in", "../core/moment.ts"],
    ["core", "./no-such-file.ts"],
    ["plugins", "../core/moment.ts"],
  ])("objects to %s importing %s", (layer, specifier) => {
    expect(objection(file(layer), specifier)).not.toBeNull();
  });

  it.each([
    ["core", "./moment.ts"],
    ["kernel", "node:fs"],
    ["probes", "@grpc/grpc-js/build/src/x.js"],
    ["cli", "../watch/watch.ts"],
  ])("lets %s import %s", (layer, specifier) => {
    expect(objection(file(layer), specifier)).toBeNull();
  });
});

it("core reads no clock, draws no random number, sets no timer and touches no process", () => {
  const impure = FILES.filter(({ layer, text }) => layer === "core" && IMPURE.test(withoutComments(text)));
  expect(impure.map(({ path }) => path)).toEqual([]);
});

it.each(["Date.now()", "Math.random()", "setTimeout(f, 1)", "new Date()", "process.env", "console.log(1)"])(
  "would notice %s in core",
  (code) => {
    expect(withoutComments(`const x = ${code}; // ${code}`)).toMatch(IMPURE);
  },
);

it("no file imports itself by way of others, not even for its types", () => {
  const next = new Map(
    FILES.map((file) => [file.path, file.imports.filter((to) => to.startsWith(".")).map((to) => targetOf(file, to))]),
  );
  expect(circleIn(next)).toBeNull();
  expect(
    circleIn(
      new Map([
        ["a", ["b"]],
        ["b", ["c"]],
        ["c", ["b"]],
      ]),
    ),
  ).toEqual(["b", "c", "b"]);
});

it(`no file is longer than ${LONGEST_FILE} lines`, () => {
  const long = FILES.filter(({ text }) => text.trimEnd().split("\n").length > LONGEST_FILE);
  expect(long.map(({ path }) => path)).toEqual([]);
});

/** The first circle of a graph, from a node back to itself; null when there is none. */
function circleIn(next: ReadonlyMap<string, readonly string[]>): readonly string[] | null {
  const done = new Set<string>();
  const visit = (node: string, way: readonly string[]): readonly string[] | null => {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node];
    if (done.has(node)) return null;
    const circle = firstOf(next.get(node), (to) => visit(to, [...way, node]));
    done.add(node);
    return circle;
  };
  return firstOf([...next.keys()], (node) => visit(node, []));
}

function firstOf<From, To>(items: readonly From[] | undefined, find: (item: From) => To | null): To | null {
  for (const item of items ?? []) {
    const found = find(item);
    if (found !== null) return found;
  }
  return null;
}
