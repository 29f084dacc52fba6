import type { Look } from "./observation.ts";
import { provesResets } from "./proof.ts";

/** How far a source of evidence is known to tell the truth on this kernel. */
export type SourceState = "proven" | "unproven" | "absent";

/** What the looks so far have shown of the kernel's counters. */
export interface CounterSources {
  readonly resetCounters: SourceState;
  readonly icmpCounters: SourceState;
}

export const UNPROVEN_COUNTERS: CounterSources = { resetCounters: "unproven", icmpCounters: "unproven" };

/** Takes in a look: what was proven once stays so, since the kernel stays the same. */
export function rememberSources(before: CounterSources, look: Look): CounterSources {
  const refusals = look.paths.flatMap(({ proof }) => (proof?.refusal ? [proof.refusal] : []));
  const controls = refusals.map(({ control }) => control).filter((control) => control !== null);
  const bursts = [...controls, ...refusals.flatMap((refusal) => refusal.bursts)];
  return {
    resetCounters: stateAfter(before.resetCounters, {
      isProven: controls.some(provesResets),
      isAbsent: controls.some(({ resetsSent }) => resetsSent === null),
    }),
    icmpCounters: stateAfter(before.icmpCounters, {
      isProven: bursts.some(({ icmpUnreachable, attempts }) => (icmpUnreachable ?? 0) >= attempts),
      isAbsent: bursts.some(({ icmpUnreachable }) => icmpUnreachable === null),
    }),
  };
}

interface Sighting {
  readonly isProven: boolean;
  readonly isAbsent: boolean;
}

function stateAfter(before: SourceState, { isProven, isAbsent }: Sighting): SourceState {
  if (before === "proven" || isProven) return "proven";
  return isAbsent ? "absent" : before;
}
