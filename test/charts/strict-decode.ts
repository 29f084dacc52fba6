import { expect } from "vitest";
import { type Manifest, runTool } from "./helm.ts";

/** What the strict decoder says of one document. */
export interface Decoded {
  /** `apiVersion/kind`. */
  readonly kind: string;
  readonly name: string;
  readonly errors: readonly string[];
}

/** Decodes each YAML document into its Kubernetes type, where no field may be unknown, repeated or of another type. */
export async function strictDecode(yaml: string): Promise<readonly Decoded[]> {
  const { code, stdout, stderr } = await runTool("strict-decode", [], yaml);
  if (code !== 0) throw new Error(stderr);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Decoded);
}

/** Asserts that a text holds documents of these kinds, and no others, each without fault. */
export async function expectStrict(yaml: string, kinds: readonly string[]): Promise<void> {
  const decoded = await strictDecode(yaml);
  expect(decoded.flatMap(({ kind, errors }) => errors.map((error) => `${kind}: ${error}`))).toEqual([]);
  expect(decoded.map(({ kind }) => kind).toSorted()).toEqual(kinds.toSorted());
}

/** The pod spec that Seldon's operator makes, once for each library that versions of it merge with. */
export async function mergePodSpecs(
  base: Manifest,
  override: Manifest,
): Promise<Record<"imdario" | "dario", Manifest>> {
  const { code, stdout, stderr } = await runTool("merge-replay", [], JSON.stringify({ base, override }));
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Record<"imdario" | "dario", Manifest>;
}
