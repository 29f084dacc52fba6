import { formatDuration } from "../core/duration.ts";
import { hostPort } from "../core/evidence.ts";
import { type GateState, phaseOf, speaker, type Transition } from "../core/gate.ts";
import { millisecondsBetween } from "../core/moment.ts";
import type { Clock } from "../core/ports.ts";
import type { Log } from "./log.ts";

/** How often a summary is logged while the gate is not open, in milliseconds. */
export const SUMMARY_EVERY_MS = 30_000;

/** Logs one transition: a line for the change, none for what repeats. */
export function logTransition(log: Log, transition: Transition): void {
  const { kind, target, verdict, sinceStartMs, phaseMs } = transition;
  const times = { sinceStartMs: Math.round(sinceStartMs), phaseMs: Math.round(phaseMs) };
  const base = { target, verdict: verdict.code, class: verdict.class, ...times };
  if (kind === "gate") {
    const { from, to } = transition;
    const msg = `the gate goes from ${from.phase} to ${to.phase} after ${formatDuration(times.phaseMs)}`;
    log[to.phase === "lost" ? "warn" : "info"]({ ...base, from: from.phase, to: to.phase }, msg);
    return;
  }
  const bind = transition.bind.map(({ address, port }) => hostPort(address, port));
  const { from, to } = transition;
  const fields = { ...base, ready: to.ready, was: from.code, bind, evidence: verdict.evidence };
  log[levelOf(transition)](fields, `${target} is ${to.code}: ${verdict.summary}`);
}

function levelOf({ verdict }: Transition): "info" | "warn" {
  return verdict.class === "ready" || verdict.class === "slow-startup" ? "info" : "warn";
}

/**
 * Logs one line every {@link SUMMARY_EVERY_MS} for as long as the gate is not open.
 *
 * @returns ends it
 */
export function startSummaries(log: Log, clock: Clock, state: () => GateState): () => void {
  let cancel = () => {};
  const schedule = () => {
    cancel = clock.after(SUMMARY_EVERY_MS, () => {
      if (!state().isOpen) logSummary(log, clock, state());
      schedule();
    });
  };
  schedule();
  return () => cancel();
}

function logSummary(log: Log, clock: Clock, state: GateState): void {
  const { target, verdict } = speaker(state.targets);
  const sinceStartMs = Math.round(millisecondsBetween(state.startedAt, clock.now()));
  const targets = Object.fromEntries(state.targets.map((one) => [one.target.name, one.verdict.code]));
  const fields = { phase: phaseOf(state), target: target.name, verdict: verdict.code, sinceStartMs, targets };
  log.info(fields, `not ready after ${formatDuration(sinceStartMs)}: ${verdict.summary}`);
}
