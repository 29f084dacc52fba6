import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** The root of the project. */
export const ROOT = join(import.meta.dirname, "..", "..");

/** One file of `src` that is no test. */
export interface SourceFile {
  /** Path below `src`, such as `core/gate.ts`. */
  readonly path: string;
  /** Its folder below `src`; the file itself for one that lies in no folder. */
  readonly layer: string;
  readonly text: string;
  /** What it imports, types and lazy imports included, as written. */
  readonly imports: readonly string[];
}

/** Reads all files of `src` that are no tests. */
export function readSourceFiles(): readonly SourceFile[] {
  return readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .sort((a, b) => a.localeCompare(b))
    .map((path) => {
      const text = readFileSync(join(ROOT, "src", path), "utf8");
      return { path, layer: layerOf(path), text, imports: importsOf(text) };
    });
}

/** The layer of a path below `src`. */
export function layerOf(path: string): string {
  return path.split("/", 1)[0] ?? path;
}

/** The path below `src` that a relative import means. */
export function targetOf(file: SourceFile, specifier: string): string {
  const directory = dirname(join(ROOT, "src", file.path));
  return relative(join(ROOT, "src"), join(directory, specifier));
}

/** The package of an import: `@grpc/grpc-js` of `@grpc/grpc-js/build/x.js`. */
export function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** Source text without its comments. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
}

/** Finds what the formatter's style of writing imports: statements at the beginning of a line, and lazy imports. */
function importsOf(text: string): readonly string[] {
  const found = withoutComments(text).matchAll(
    /^(?:import|export)\s[^;"]*?\bfrom "([^"]+)"|^import "([^"]+)"|\bimport\(\s*"([^"]+)"/gm,
  );
  return [...found].map(([, from, bare, lazy]) => from ?? bare ?? lazy ?? "");
}
