import type { SnapshotFinding } from "../snapshot.ts";
import type { Scene } from "./scene.ts";

/** All findings, in the order in which they are shown; `docs/contract.md` says what each means. */
export const FINDING_CODES = [
  "HOST_NETWORK",
  "MESH_REDIRECT",
  "LOOPBACK_ONLY",
  "FAMILY_MISMATCH",
  "NO_CLIENT_YET",
  "PROBE_TOO_TIGHT",
] as const;

export type FindingCode = (typeof FINDING_CODES)[number];

/** The target of a finding that is about the pod as a whole. */
export const WHOLE_POD = "";

/** Something worth knowing that never moves the gate. */
export interface Finding extends SnapshotFinding {
  readonly code: FindingCode;
}

/** Tells the findings of one code. */
export type FindingRule = (scene: Scene) => readonly Finding[];
