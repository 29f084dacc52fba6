import type { SnapshotTarget } from "../../core/snapshot.ts";
import type { TransitionJson } from "../../core/transition-json.ts";
import type { VerdictCode } from "../../core/verdict-table.ts";
import type { VerdictClass } from "../../core/verdicts/entry.ts";

/**
 * How far a target had come: `unbound` to `ready` are the steps of a start, one above the other; `lost` failed after that;
 * `blocked`, `misfit` and `unsure` are what the classes of verdicts say.
 */
export type LanePhase =
  | "unbound"
  | "bound"
  | "connects"
  | "answers"
  | "ready"
  | "lost"
  | "blocked"
  | "misfit"
  | "unsure";

/** A stretch of time in one phase, in milliseconds since the epoch by the gate's clock. */
export interface Stretch {
  readonly phase: LanePhase;
  readonly from: number;
  readonly to: number;
}

/** A point of the timeline. */
export interface Mark {
  readonly at: number;
  readonly sign: string;
  readonly name: string;
}

/** One target's past. */
export interface Lane {
  readonly stretches: readonly Stretch[];
  readonly marks: readonly Mark[];
}

/** Each phase in words. */
export const PHASE_NAMES: Readonly<Record<LanePhase, string>> = {
  unbound: "nothing listens",
  bound: "bound",
  connects: "connects",
  answers: "answers",
  ready: "ready",
  lost: "lost or failing",
  blocked: "blocked",
  misfit: "misconfigured",
  unsure: "undecided",
};

/** The steps of a start, lowest first. */
const STEPS: readonly LanePhase[] = ["unbound", "bound", "connects", "answers", "ready"];

const PHASE_OF_CLASS: Readonly<Record<VerdictClass, LanePhase>> = {
  ready: "ready",
  "slow-startup": "unbound",
  "network-block": "blocked",
  misconfiguration: "misfit",
  "server-fault": "lost",
  unknown: "unsure",
};

/** Where a code says more than its class. */
const PHASE_OF_CODE: Readonly<Partial<Record<VerdictCode, LanePhase>>> = {
  STARTING_UP: "connects",
  NOT_READY: "answers",
  NEVER_LISTENED: "unbound",
};

const POINTS = [
  { key: "listeningAt", sign: "B", name: "bound", phase: "bound" },
  { key: "connectedAt", sign: "C", name: "connected", phase: "connects" },
  { key: "answeredAt", sign: "A", name: "answered", phase: "answers" },
  { key: "readyAt", sign: "R", name: "ready", phase: "ready" },
  { key: "lostAt", sign: "L", name: "lost", phase: "lost" },
  { key: "backAt", sign: "K", name: "back", phase: "ready" },
] as const;

interface Change {
  readonly at: number;
  readonly phase: LanePhase;
}

/**
 * A target's past, from the verdicts that it went through and the points of its timeline, up to `now` (milliseconds since
 * the epoch). A point refines a verdict: a port is seen bound before the look that tells of it has ended.
 */
export function laneOf(target: SnapshotTarget, transitions: readonly TransitionJson[], now: number): Lane {
  const points = POINTS.flatMap(({ key, ...point }) => {
    const at = target.timeline[key];
    return at === null ? [] : [{ ...point, at: Date.parse(at) }];
  });
  const restarts = target.restartedAt.map((at) => ({ at: Date.parse(at), sign: "↻", name: "restarted" }));
  const marks = [...points.map(({ at, sign, name }) => ({ at, sign, name })), ...restarts];
  const first = target.timeline.firstProbeAt;
  if (first === null) return { stretches: [], marks: [] };
  // The doorbell may see the port bound before the first look has ended; a verdict of before is none.
  const begin = Math.min(Date.parse(first), ...points.map(({ at }) => at));
  const said = claims(target, transitions).map(({ at, phase }) => ({ at: Math.max(at, begin), phase }));
  const changes = refined([{ at: begin, phase: "unbound" }, ...said], points);
  return { stretches: stretchesOf(changes, now), marks: sorted(marks) };
}

/** What the verdicts say; without their record, what the latest points and the present verdict say. */
function claims(target: SnapshotTarget, transitions: readonly TransitionJson[]): readonly Change[] {
  const recorded = transitions.flatMap((one) =>
    one.kind === "target" && one.target === target.name
      ? [{ at: Date.parse(one.at), phase: phaseOf(one.to.code, one.verdict.class) }]
      : [],
  );
  const { lostAt, backAt } = target.timeline;
  const lost: readonly Change[] = lostAt === null ? [] : [{ at: Date.parse(lostAt), phase: "lost" }];
  const back: readonly Change[] = backAt === null ? [] : [{ at: Date.parse(backAt), phase: "ready" }];
  const { code, since } = target.verdict;
  const present = { at: Date.parse(since), phase: phaseOf(code, target.verdict.class) };
  return sorted([...(recorded.length === 0 ? [...lost, ...back] : recorded), present]);
}

function phaseOf(code: VerdictCode, verdictClass: VerdictClass): LanePhase {
  return PHASE_OF_CODE[code] ?? PHASE_OF_CLASS[verdictClass];
}

/** Adds each point that was a step up from what the verdict of its moment says. */
function refined(changes: readonly Change[], points: readonly Change[]): readonly Change[] {
  let sofar = changes;
  for (const { at, phase } of points) {
    const inForce = sofar.findLast((change) => change.at <= at)?.phase ?? "unbound";
    const step = STEPS.indexOf(inForce);
    if (step >= 0 && step < STEPS.indexOf(phase)) sofar = sorted([...sofar, { at, phase }]);
  }
  return sofar;
}

function stretchesOf(changes: readonly Change[], now: number): readonly Stretch[] {
  const stretches: Stretch[] = [];
  for (const [index, { at, phase }] of changes.entries()) {
    const to = Math.max(at, changes[index + 1]?.at ?? now);
    const last = stretches.at(-1);
    if (last?.phase === phase) stretches[stretches.length - 1] = { ...last, to };
    else if (to > at || index === changes.length - 1) stretches.push({ phase, from: at, to });
  }
  return stretches;
}

function sorted<T extends { readonly at: number }>(items: readonly T[]): readonly T[] {
  return [...items].sort((a, b) => a.at - b.at);
}
