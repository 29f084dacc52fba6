import type { Snapshot, SnapshotTarget } from "../../core/snapshot.ts";
import type { TransitionJson } from "../../core/transition-json.ts";

/** How long one look took, by layer; null where a layer was not reached. */
export interface LatencySample {
  /** Number of the look among the target's looks. */
  readonly look: number;
  readonly connectMs: number | null;
  readonly answerMs: number | null;
}

/** The latest looks of each target, by its name, oldest first. */
export type Latencies = Readonly<Record<string, readonly LatencySample[]>>;

export const SAMPLES_KEPT = 120;

type Path = Pick<SnapshotTarget["paths"][number], "role" | "connect" | "answer" | "skipped">;

/** Takes in the looks that the snapshot and the transitions show; a look that is known already counts once. */
export function withLooks(
  latencies: Latencies,
  { targets }: Snapshot,
  transitions: readonly TransitionJson[] = [],
): Latencies {
  return Object.fromEntries(
    targets.map(({ name, paths, attempts }) => {
      const recorded = transitions.flatMap((one) =>
        one.kind === "target" && one.target === name ? samplesOf(one.look.paths, one.memory.attempts + 1) : [],
      );
      return [name, merged(latencies[name] ?? [], [...recorded, ...samplesOf(paths, attempts)])];
    }),
  );
}

/** The look's way to the server; one that was not gone anew tells nothing. */
function samplesOf(paths: readonly Path[], look: number): readonly LatencySample[] {
  const tried = paths.filter(({ role, connect, skipped }) => role === "target" && connect !== null && skipped === null);
  const path = tried.find(({ connect }) => connect?.outcome === "ok") ?? tried[0];
  if (path === undefined) return [];
  const { connect, answer } = path;
  const hasAnswered = answer !== null && answer.kind !== "silence" && answer.kind !== "closed";
  return [
    {
      look,
      connectMs: connect?.outcome === "ok" ? connect.ms : null,
      answerMs: hasAnswered ? answer.ms : null,
    },
  ];
}

function merged(known: readonly LatencySample[], more: readonly LatencySample[]): readonly LatencySample[] {
  const byLook = new Map([...known, ...more].map((sample) => [sample.look, sample]));
  return [...byLook.values()].sort((a, b) => a.look - b.look).slice(-SAMPLES_KEPT);
}
