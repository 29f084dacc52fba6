import type { ConnectResult } from "./connect.ts";
import type { CounterSources, SourceState } from "./evidence-sources.ts";
import { type GatePhase, type GateState, phaseOf, speaker } from "./gate.ts";
import type { Loopback } from "./loopback-memory.ts";
import type { Timeline } from "./memory.ts";
import { isoTime, type Moment } from "./moment.ts";
import type { Answer, PathLook } from "./observation.ts";
import type { TargetState } from "./target-state.ts";
import type { Verdict } from "./verdict.ts";
import type { VerdictClass, VerdictCode } from "./verdict-table.ts";

/** What the gate knows of its surroundings, beside its targets. */
export interface Surroundings {
  /** Inode of the network namespace; null where it cannot be read. */
  readonly netns: number | null;
  readonly loopback: Loopback;
  readonly listeners: readonly SnapshotListener[];
  readonly evidenceSources: CounterSources & { readonly listenTable: SourceState };
  readonly findings: readonly SnapshotFinding[];
  /** What is wrong with the gate itself, one sentence each. */
  readonly warnings: readonly string[];
}

/** A listening socket of the namespace; `own` when it is the gate's. */
export interface SnapshotListener {
  readonly address: string;
  readonly port: number;
  readonly uid: number;
  readonly own: boolean;
}

/** Something worth knowing that never moves the gate. */
export interface SnapshotFinding {
  readonly code: string;
  readonly target: string;
  readonly summary: string;
  readonly remedy: string;
  readonly evidence: readonly string[];
}

/** A verdict as the snapshot shows it; times as RFC 3339 in UTC. */
export interface SnapshotVerdict {
  readonly code: VerdictCode;
  readonly class: VerdictClass;
  readonly summary: string;
  readonly remedy: string;
  readonly since: string;
  readonly evidence: readonly string[];
}

/** One target as the snapshot shows it. */
export interface SnapshotTarget {
  readonly name: string;
  readonly url: string;
  readonly required: boolean;
  readonly ready: boolean;
  readonly verdict: SnapshotVerdict;
  readonly bind: readonly SnapshotSocket[];
  readonly paths: readonly SnapshotPath[];
  readonly timeline: SnapshotTimeline;
  readonly attempts: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly lastError: {
    readonly at: string;
    readonly layer: string;
    readonly code: string;
    readonly message: string;
  } | null;
  readonly restarts: number;
  readonly restartedAt: readonly string[];
  readonly suspected: { readonly code: VerdictCode; readonly since: string; readonly looks: number } | null;
}

interface SnapshotSocket {
  readonly address: string;
  readonly port: number;
  readonly inode: number;
  readonly uid: number;
  readonly acceptQueue: number;
  readonly since: string;
}

interface SnapshotPath {
  readonly address: string;
  readonly role: PathLook["role"];
  readonly connect: ConnectResult | null;
  readonly answer: Answer | null;
  readonly skipped: PathLook["skipped"];
}

type SnapshotTimeline = Readonly<Record<`${keyof Timeline}At`, string | null>>;

/** The state of the gate as `GET /status` answers it; `docs/contract.md` describes it field by field. */
export interface Snapshot {
  readonly schema: "readiness-gate/v1";
  readonly ready: boolean;
  readonly phase: GatePhase;
  readonly startedAt: string;
  readonly now: string;
  readonly verdict: SnapshotVerdict & { readonly target: string };
  readonly targets: readonly SnapshotTarget[];
  readonly loopback: Surroundings["loopback"];
  readonly listeners: Surroundings["listeners"];
  readonly netns: number | null;
  readonly evidenceSources: Surroundings["evidenceSources"];
  readonly findings: Surroundings["findings"];
  readonly warnings: readonly string[];
}

/** Makes the snapshot of a state, as of `now`. */
export function snapshotOf(state: GateState, surroundings: Surroundings, now: Moment): Snapshot {
  const { target, verdict } = speaker(state.targets);
  return {
    schema: "readiness-gate/v1",
    ready: state.isOpen,
    phase: phaseOf(state),
    startedAt: isoTime(state.startedAt),
    now: isoTime(now),
    verdict: { target: target.name, ...verdictJson(verdict) },
    targets: state.targets.map(targetJson),
    loopback: surroundings.loopback,
    listeners: surroundings.listeners,
    netns: surroundings.netns,
    evidenceSources: surroundings.evidenceSources,
    findings: surroundings.findings,
    warnings: surroundings.warnings,
  };
}

/** A verdict as JSON shows it. */
export function verdictJson(verdict: Verdict): SnapshotVerdict {
  const { code, summary, remedy, evidence } = verdict;
  return { code, class: verdict.class, summary, remedy, since: isoTime(verdict.since), evidence };
}

function targetJson(state: TargetState): SnapshotTarget {
  const { target, memory, suspicion, lastLook } = state;
  const { lastError } = memory;
  return {
    name: target.name,
    url: target.url,
    required: target.required,
    ready: state.isReady,
    verdict: verdictJson(state.verdict),
    bind: memory.sockets.map((socket) => ({ ...socket, since: isoTime(socket.since) })),
    paths: (lastLook?.paths ?? []).map(({ address, role, connect, answer, skipped }) => {
      return { address, role, connect, answer, skipped };
    }),
    timeline: timelineJson(memory.timeline),
    attempts: memory.attempts,
    errors: memory.errors,
    lastError: lastError === null ? null : { ...lastError, at: isoTime(lastError.at) },
    restarts: memory.restarts,
    restartedAt: memory.restartedAt.map(isoTime),
    suspected: suspicion === null ? null : { ...suspicion, since: isoTime(suspicion.since) },
  };
}

function timelineJson(timeline: Timeline): SnapshotTimeline {
  const at = (moment: Moment | null) => (moment === null ? null : isoTime(moment));
  return {
    firstProbeAt: at(timeline.firstProbe),
    listeningAt: at(timeline.listening),
    connectedAt: at(timeline.connected),
    answeredAt: at(timeline.answered),
    readyAt: at(timeline.ready),
    lostAt: at(timeline.lost),
    backAt: at(timeline.back),
  };
}
