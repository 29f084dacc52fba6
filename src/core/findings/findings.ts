import { familyMismatch } from "./family-mismatch.ts";
import { FINDING_CODES, type Finding, type FindingCode, type FindingRule } from "./finding.ts";
import { hostNetwork } from "./host-network.ts";
import { loopbackOnly } from "./loopback-only.ts";
import { meshRedirect } from "./mesh-redirect.ts";
import { noClientYet } from "./no-client-yet.ts";
import { probeTooTight } from "./probe-too-tight.ts";
import type { Scene } from "./scene.ts";

const RULES: Readonly<Record<FindingCode, FindingRule>> = {
  HOST_NETWORK: hostNetwork,
  MESH_REDIRECT: meshRedirect,
  LOOPBACK_ONLY: loopbackOnly,
  FAMILY_MISMATCH: familyMismatch,
  NO_CLIENT_YET: noClientYet,
  PROBE_TOO_TIGHT: probeTooTight,
};

/** Everything worth knowing about a scene, by code, then in the order of the targets. */
export function findingsOf(scene: Scene): readonly Finding[] {
  return FINDING_CODES.flatMap((code) => RULES[code](scene));
}
