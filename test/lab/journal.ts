import type { TargetTransitionJson, TransitionJson } from "../../src/core/transition-json.ts";
import { classOf, type VerdictClass, type VerdictCode } from "../../src/core/verdict-table.ts";
import { HARMLESS, type Scenario } from "./scenario.ts";

/** A stage that has been played; times in milliseconds of the wall clock. */
export interface PlayedStage {
  /** When its first act began. */
  readonly beganAtMs: number;
  /** When it was the case: its acts were done, and the gate watched. */
  readonly situationMs: number;
  readonly verdict: VerdictCode;
}

function targetLines(journal: readonly TransitionJson[]): readonly TargetTransitionJson[] {
  return journal.filter((line) => line.kind === "target");
}

/** The transitions of one target, oldest first. */
export function linesOf(journal: readonly TransitionJson[], name: string): readonly TargetTransitionJson[] {
  return targetLines(journal).filter(({ target }) => target === name);
}

/**
 * What the journal says that it must not: a class that was neither the stage's nor the former one's and accuses
 * somebody, or another target that was called blocked.
 */
export function wrongLines(
  scenario: Scenario,
  played: readonly PlayedStage[],
  journal: readonly TransitionJson[],
): readonly string[] {
  const lines = targetLines(journal);
  const named = scenario.target ?? "http";
  const ofTarget = lines.filter(
    (line) => line.target === named && !allowedAt(line, scenario, played).has(line.verdict.class),
  );
  const notBlocked = lines.filter(({ target }) => target !== named && !scenario.alsoBlocked?.includes(target));
  return [...ofTarget, ...notBlocked.filter(({ verdict }) => verdict.class === "network-block")].map(describe);
}

function allowedAt(
  { at }: TargetTransitionJson,
  { mayPass = [] }: Scenario,
  played: readonly PlayedStage[],
): ReadonlySet<VerdictClass> {
  const index = played.findLastIndex(({ beganAtMs }) => beganAtMs <= Date.parse(at));
  const around = played.slice(Math.max(0, index - 1), index + 1).map(({ verdict }) => classOf(verdict));
  return new Set([...HARMLESS, ...mayPass, ...around]);
}

function describe({ at, target, verdict, look }: TargetTransitionJson): string {
  const evidence = [...verdict.evidence, JSON.stringify(look)].map((line) => `    ${line}`);
  return [`${at} ${target} is ${verdict.code} (${verdict.class}): ${verdict.summary}`, ...evidence].join("\n");
}
