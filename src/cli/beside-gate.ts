import type { SourceState } from "../core/evidence-sources.ts";
import type { Snapshot, SnapshotTarget } from "../core/snapshot.ts";

/** A running gate's snapshot with what a fresh look adds to it. */
export interface Beside {
  readonly snapshot: Snapshot;
  /** Where the look and the gate differ, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Completes the snapshot of a running gate, which knows what was before, by a look of our own: its paths are newer and
 * looked at more thoroughly. Verdicts and readiness stay the gate's, since what it remembers is part of them.
 */
export function besideGate(running: Snapshot, fresh: Snapshot): Beside {
  const twinOf = (target: SnapshotTarget) =>
    fresh.targets.find(({ name, url }) => name === target.name && url === target.url);
  const known = new Set(running.findings.map(({ code, target }) => `${code} ${target}`));
  const snapshot: Snapshot = {
    ...running,
    targets: running.targets.map((target) => ({ ...target, paths: newerPaths(target, twinOf(target)) })),
    loopback: {
      ipv4: running.loopback.ipv4 ?? fresh.loopback.ipv4,
      ipv6: running.loopback.ipv6 ?? fresh.loopback.ipv6,
    },
    evidenceSources: {
      listenTable: better(running.evidenceSources.listenTable, fresh.evidenceSources.listenTable),
      resetCounters: better(running.evidenceSources.resetCounters, fresh.evidenceSources.resetCounters),
      icmpCounters: better(running.evidenceSources.icmpCounters, fresh.evidenceSources.icmpCounters),
    },
    findings: [...running.findings, ...fresh.findings.filter(({ code, target }) => !known.has(`${code} ${target}`))],
  };
  const notes = running.targets.flatMap((target) => {
    const twin = twinOf(target);
    return twin === undefined || !differs(target, twin) ? [] : [noteOf(twin)];
  });
  return { snapshot, notes };
}

function newerPaths(target: SnapshotTarget, twin: SnapshotTarget | undefined): SnapshotTarget["paths"] {
  return twin === undefined || twin.paths.length === 0 ? target.paths : twin.paths;
}

function better(one: SourceState, other: SourceState): SourceState {
  return one === "proven" || other === "unproven" ? one : other;
}

/** A short look sees a fault of a server that was ready before as a start: that is no difference. */
function differs(target: SnapshotTarget, twin: SnapshotTarget): boolean {
  if (twin.verdict.code === target.verdict.code || twin.paths.length === 0) return false;
  return !(twin.verdict.class === "slow-startup" && target.verdict.class === "server-fault");
}

function noteOf({ name, verdict }: SnapshotTarget): string {
  return `A fresh look at ${name} just now finds ${verdict.code} (${verdict.class}): ${verdict.summary}.`;
}
