import type { Json, JsonObject } from "./json.ts";
import type { PodOwner } from "./pod-owner.ts";
import { MODES, type Mode } from "./sidecar.ts";

/** The annotation that asks for the gate. */
export const INJECT = "readiness-gate.dev/inject";
const MODE = "readiness-gate.dev/mode";

/** Which pods are to get the gate, beside those that are annotated. */
export interface Selection {
  readonly isAll: boolean;
  /** Labels that a pod must all have; none selects nothing. */
  readonly labels: ReadonlyMap<string, string>;
  /** For pods that name none by their annotation. */
  readonly mode: Mode;
}

/** Whether a pod gets the gate. */
export type Choice =
  | { readonly isChosen: true; readonly mode: Mode }
  | {
      readonly isChosen: false /** Said to the user; null when there is nothing to say. */;
      readonly note: string | null;
    }
  | { readonly problem: string };

/** Chooses by the annotation `readiness-gate.dev/inject`, then by the selection. */
export function choose(
  owner: Pick<PodOwner, "labels" | "annotations" | "ownAnnotations">,
  selection: Selection,
): Choice {
  const asked = owner.annotations[INJECT];
  if (asked !== undefined && !isWord(asked, ["true", "false"])) {
    return { problem: `the annotation ${INJECT} is ${JSON.stringify(asked)}, expected "true" or "false"` };
  }
  if (String(asked) === "false") return { isChosen: false, note: "left alone, as its annotation says" };
  if (asked === undefined && !isSelected(owner.labels, selection)) return { isChosen: false, note: misplaced(owner) };
  const mode = owner.annotations[MODE] ?? selection.mode;
  if (isMode(mode)) return { isChosen: true, mode };
  return { problem: `the annotation ${MODE} is ${JSON.stringify(mode)}, expected one of ${MODES.join(", ")}` };
}

/** Whether annotations ask for the gate. */
export function isAskedFor(annotations: JsonObject): boolean {
  return String(annotations[INJECT]) === "true";
}

function isSelected(labels: JsonObject, selection: Selection): boolean {
  if (selection.isAll) return true;
  const wanted = [...selection.labels];
  return (
    wanted.length > 0 && wanted.every(([key, value]) => Object.hasOwn(labels, key) && String(labels[key]) === value)
  );
}

/** The annotation belongs to the pods; on what makes them it says nothing. */
function misplaced({ annotations, ownAnnotations }: Pick<PodOwner, "annotations" | "ownAnnotations">): string | null {
  if (!isAskedFor(ownAnnotations) || isAskedFor(annotations)) return null;
  return `left as it is: the annotation ${INJECT} belongs into the metadata of its pod template`;
}

/** An unquoted `true` is no string to YAML; Kubernetes will say so itself. */
function isWord(value: Json, words: readonly string[]): boolean {
  return words.includes(String(value));
}

function isMode(value: Json): value is Mode {
  return MODES.some((mode) => mode === value);
}
