import type { GateState } from "./gate.ts";
import type { ListeningSocket, PathLook } from "./observation.ts";
import type { Target } from "./target.ts";
import type { Verdict } from "./verdict.ts";

/** A target's own address that cannot be connected to, though it belongs to this network namespace. */
export interface FailingPath {
  readonly target: Target;
  readonly verdict: Verdict;
  readonly path: PathLook & { readonly connect: NonNullable<PathLook["connect"]> };
  /** Sockets on the target's port, any address; null where there is no table. */
  readonly sockets: readonly ListeningSocket[] | null;
}

/** All of them, as the last looks saw them. */
export function failingPaths({ targets }: GateState): readonly FailingPath[] {
  return targets.flatMap(({ target, verdict, lastLook }) => {
    if (lastLook === null) return [];
    const sockets = lastLook.listen.isKnown ? lastLook.listen.sockets : null;
    return lastLook.paths.flatMap((path): readonly FailingPath[] => {
      const { connect, role, isLocal } = path;
      if (role !== "target" || !isLocal || connect === null || connect.outcome === "ok") return [];
      return [{ target, verdict, path: { ...path, connect }, sockets }];
    });
  });
}
