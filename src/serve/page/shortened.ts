import type { Snapshot, SnapshotTarget, SnapshotVerdict } from "../../core/snapshot.ts";

const LINES = 2;
const LINE_LENGTH = 80;
const TARGETS = 4;
const LISTENERS = 12;
const NOTES = 4;

/**
 * A snapshot with less of what can grow: for the page's first answer, where the whole would be too large. What is left
 * out comes with the script's first question, or is in the snapshot as JSON.
 */
export function shortened(snapshot: Snapshot): Snapshot {
  const { verdict, targets, listeners, findings, warnings } = snapshot;
  return {
    ...snapshot,
    verdict: { ...verdict, ...shortVerdict(verdict) },
    // The one that speaks for the gate is never left out.
    targets: [...targets]
      .sort((one, other) => Number(other.name === verdict.target) - Number(one.name === verdict.target))
      .slice(0, TARGETS)
      .map(shortTarget),
    listeners: listeners.slice(0, LISTENERS),
    findings: findings.slice(0, NOTES).map((finding) => ({ ...finding, evidence: [] })),
    warnings: warnings.slice(0, NOTES).map(cut),
  };
}

function shortTarget(target: SnapshotTarget): SnapshotTarget {
  return {
    ...target,
    verdict: shortVerdict(target.verdict),
    paths: target.paths.slice(0, 2),
    bind: target.bind.slice(0, 2),
  };
}

function shortVerdict(verdict: SnapshotVerdict): SnapshotVerdict {
  const { summary, evidence } = verdict;
  return { ...verdict, summary: cut(summary), evidence: evidence.slice(0, LINES).map(cut) };
}

function cut(text: string): string {
  return text.length > LINE_LENGTH ? `${text.slice(0, LINE_LENGTH)}…` : text;
}
