import type { VerdictClass, VerdictCode } from "../../src/core/verdict-table.ts";
import type { Lab, LabOptions } from "./lab.ts";
import type { GateOptions } from "./lab-gate.ts";

/** Does something to the pod: starts a server, sets a rule, sends a signal. */
export type Act = (lab: Lab) => unknown;

/** Why a scenario cannot be played here, or null. */
export type Need = () => string | null | Promise<string | null>;

/** One situation, and the verdict that it must get. */
export interface Stage {
  /** What makes the situation; the acts of the first stage come before the gate starts. */
  readonly acts: readonly Act[];
  readonly verdict: VerdictCode;
  /** Bound on the time from the situation to the verdict, in milliseconds; default {@link WITHIN_MS}. */
  readonly withinMs?: number;
  /** Looks that the verdict must outlast; default {@link STEADY_LOOKS}, 0 where the situation itself flickers. */
  readonly steadyLooks?: number;
  /** Looks that are waited for afterwards, whatever they say: what must never appear has time to. */
  readonly watchedLooks?: number;
  /** Whether the figures differ from run to run: the matrix leaves them out. */
  readonly hasVaryingFigures?: boolean;
}

/** A situation in a pod of its own, or several in a row, with the real program watching. */
export interface Scenario extends GateOptions, LabOptions {
  /** What is the case: the row's name in the matrix. */
  readonly name: string;
  readonly stages: readonly [Stage, ...Stage[]];
  /** Whose verdict is stated; default `http`. */
  readonly target?: string;
  /** Classes that may appear on the way beside those of the present and the former stage, and `HARMLESS`. */
  readonly mayPass?: readonly VerdictClass[];
  /** Other targets that are blocked as well: all the rest must never be called so. */
  readonly alsoBlocked?: readonly string[];
  /** Whether verdicts are awaited in the gate's log instead of `/journal`, which is read once all is over. */
  readonly readsLog?: boolean;
  readonly needs?: readonly Need[];
}

/** The scenarios of one file of tests. */
export interface ScenarioGroup {
  readonly title: string;
  /** What all its scenarios need. */
  readonly needs?: readonly Need[];
  readonly scenarios: readonly Scenario[];
}

/** Bounds from a situation to its verdict: at once, and where a time-out has to be waited for. */
export const WITHIN_MS = 2_000;
export const WITHIN_TIMEOUT_MS = 5_000;
export const STEADY_LOOKS = 3;

/** Where a gate that was open has to see time-outs: three, the default, with pauses between, are nearly five seconds. */
export const TWO_FAILURES = ["--failure-threshold", "2"];

/** Classes that accuse nobody: they may appear on the way to any verdict. */
export const HARMLESS: readonly VerdictClass[] = ["ready", "slow-startup", "unknown"];

/** A situation whose verdict has to wait for a time-out. */
export function afterTimeout(verdict: VerdictCode, ...acts: readonly Act[]): Stage {
  return { acts, verdict, withinMs: WITHIN_TIMEOUT_MS, steadyLooks: 2 };
}

/** A situation that is told at once. */
export function soon(verdict: VerdictCode, ...acts: readonly Act[]): Stage {
  return { acts, verdict };
}
