import type { Case } from "../../src/core/facts.ts";
import { NO_MEMORY, rememberLook } from "../../src/core/memory.ts";
import type { Look } from "../../src/core/observation.ts";
import { httpTarget, POLICY, START } from "./looks.ts";

/** A first look at an HTTP target. */
export function caseOf(seen: Look, overrides: Partial<Case> = {}): Case {
  return { target: httpTarget(), look: seen, memory: NO_MEMORY, policy: POLICY, startedAt: START, ...overrides };
}

/** The look, after these earlier ones. */
export function following(earlier: readonly Look[], seen: Look, overrides: Partial<Case> = {}): Case {
  return caseOf(seen, { memory: earlier.reduce(rememberLook, NO_MEMORY), ...overrides });
}
