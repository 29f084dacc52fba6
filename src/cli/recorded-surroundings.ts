import { rememberSources, UNPROVEN_COUNTERS } from "../core/evidence-sources.ts";
import { findingsOf } from "../core/findings/findings.ts";
import type { GateState } from "../core/gate.ts";
import type { Moment } from "../core/moment.ts";
import type { Surroundings } from "../core/snapshot.ts";
import type { Settings } from "../settings/settings.ts";
import { probeOf } from "./findings-keeper.ts";

/** What a record tells of the surroundings. */
export interface Recorded {
  readonly netns: number | null;
  readonly listeners: Surroundings["listeners"];
  readonly hasIpv6: boolean;
  readonly preset: Settings["preset"];
}

/** The surroundings of a gate that is told from a record: what was not recorded is not told. */
export function recordedSurroundings(state: GateState, at: Moment, recorded: Recorded): Surroundings {
  const { netns, listeners, hasIpv6, preset } = recorded;
  const looks = state.targets.flatMap(({ lastLook }) => (lastLook === null ? [] : [lastLook]));
  const isKnown = looks.some(({ listen }) => listen.isKnown);
  const isProven = looks.some(({ listen }) => listen.isKnown && listen.isProven);
  return {
    netns,
    loopback: { ipv4: null, ipv6: null },
    listeners,
    evidenceSources: {
      listenTable: isProven ? "proven" : isKnown ? "unproven" : "absent",
      ...looks.reduce(rememberSources, UNPROVEN_COUNTERS),
    },
    findings: findingsOf({
      state,
      now: at,
      interfaces: [],
      listeners: listeners.map((socket) => ({ ...socket, inode: 0, acceptQueue: 0 })),
      hasIpv6,
      clients: new Map(),
      probe: probeOf({ preset, policy: state.policy }),
    }),
    warnings: [],
  };
}
