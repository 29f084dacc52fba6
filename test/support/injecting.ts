import { type Injected, inject } from "../../src/kubernetes/inject.ts";
import type { DocumentOptions } from "../../src/kubernetes/inject-document.ts";

export const IMAGE = "registry.example/readiness-gate:0.1.0";

/** As `inject` without flags. */
export const ANNOTATED_ONLY: DocumentOptions = {
  name: "stdin",
  image: IMAGE,
  preset: "seldon",
  isNative: false,
  serverContainer: null,
  variables: [],
  selection: { isAll: false, labels: new Map(), mode: "ready" },
};

/** As `inject --all` with everything else other than usual. */
export const ALL_AND_OTHERWISE: DocumentOptions = {
  ...ANNOTATED_ONLY,
  image: "another:1",
  preset: "triton",
  isNative: true,
  selection: { isAll: true, labels: new Map(), mode: "hold" },
};

/** The manifests with the gate added; throws where they cannot be read. */
export async function injected(
  text: string,
  options: DocumentOptions = ANNOTATED_ONLY,
): Promise<{ readonly text: string; readonly notes: readonly string[]; readonly count: number }> {
  const result = await inject(text, options);
  if (!result.ok) throw new Error(result.problems.join("\n"));
  return { text: [...result.parts()].join(""), notes: result.notes, count: result.count };
}

/** What is wrong with manifests; empty when nothing is. */
export async function problemsOf(text: string, options: DocumentOptions = ANNOTATED_ONLY): Promise<readonly string[]> {
  const result: Injected = await inject(text, options);
  return result.ok ? [] : result.problems;
}
