import { formatDuration } from "../duration.ts";
import type { GateState } from "../gate.ts";
import { isoTime, millisecondsBetween, momentAfter } from "../moment.ts";
import type { TargetState } from "../target-state.ts";
import type { Finding, FindingRule } from "./finding.ts";
import type { ProbeAllowance, Scene } from "./scene.ts";

/** Starts vary: one that takes this part of what is allowed will take more than that some day. */
const NEARLY = 0.8;

export const probeTooTight: FindingRule = (scene) =>
  probedTargets(scene.state).flatMap((one): readonly Finding[] => {
    const startMs = startOf(one, scene);
    const { probe } = scene;
    if (startMs === null || startMs < NEARLY * allowedMs(probe)) return [];
    return [findingOf(one, Math.round(startMs), scene)];
  });

function findingOf({ target, memory }: TargetState, startMs: number, { state, probe }: Scene): Finding {
  const { answered } = memory.timeline;
  const needed = neededThreshold(startMs, probe);
  const seconds = formatDuration(Math.floor(startMs / 1000) * 1000);
  const allowed = formatDuration(allowedMs(probe));
  const took = answered === null ? `has not answered for ${seconds} yet` : `took ${seconds} to answer`;
  const product = `periodSeconds ${probe.periodSeconds} × failureThreshold ${probe.failureThreshold}`;
  const until = answered === null ? "still silent at" : "first answered at";
  return {
    code: "PROBE_TOO_TIGHT",
    target: target.name,
    summary: `${target.name} ${answered === null ? "is taking" : "took"} as long to start as ${probe.whose} allows, or nearly`,
    remedy: `Set \`failureThreshold\` of the container's startup probe to ${suggested(needed)} or more: this start ${answered === null ? "needs more than" : "would have needed"} ${needed} at \`periodSeconds: ${probe.periodSeconds}\`.`,
    evidence: [
      `${target.name} ${took}`,
      `watched since ${isoTime(state.startedAt)}, ${until} ${isoTime(momentAfter(state.startedAt, startMs))}`,
      `${probe.whose} allows ${allowed}: ${product}`,
    ],
  };
}

/**
 * How long the start took since the watch began, or takes so far, which is the least that it can have taken; null where
 * something else than time is the trouble.
 */
function startOf({ memory, verdict }: TargetState, { state, now }: Scene): number | null {
  const { answered } = memory.timeline;
  if (answered !== null) return millisecondsBetween(state.startedAt, answered);
  const isOnlyTime = verdict.class === "slow-startup" || verdict.code === "NEVER_LISTENED";
  return isOnlyTime && state.openedAt === null ? millisecondsBetween(state.startedAt, now) : null;
}

/** The kubelet's startup probes ask over HTTP where there is an HTTP port. */
function probedTargets({ targets }: GateState): readonly TargetState[] {
  const required = targets.filter(({ target }) => target.required);
  const http = required.filter(({ target }) => target.scheme.startsWith("http"));
  return http.length > 0 ? http : required;
}

function allowedMs({ periodSeconds, failureThreshold }: ProbeAllowance): number {
  return periodSeconds * failureThreshold * 1000;
}

/** Probes at 0, 1, 2 … periods fail until the start is over, and the container is ended at the failureThreshold-th. */
function neededThreshold(startMs: number, { periodSeconds }: ProbeAllowance): number {
  return Math.floor(startMs / (periodSeconds * 1000)) + 2;
}

/** With half as much again to spare, since starts vary. */
function suggested(needed: number): number {
  return Math.ceil(needed * 1.5);
}
