import type { SourceState } from "./evidence-sources.ts";
import { type Guard, hasShape, isCount, isFlag, isListOf, isOneOf, isRecordOf, isText, orNull } from "./guard.ts";
import { isTime } from "./journal-entry.ts";
import { isAnswer, isConnect, isLoopbackState, isVerdictCode, SOCKET } from "./journal-shape.ts";
import type { Snapshot, SnapshotFinding, SnapshotListener, SnapshotTarget, SnapshotVerdict } from "./snapshot.ts";
import { VERDICT_CLASSES } from "./verdict-table.ts";

const VERDICT = {
  code: isVerdictCode,
  class: isOneOf(...VERDICT_CLASSES),
  summary: isText,
  remedy: isText,
  since: isTime,
  evidence: isListOf(isText),
};

const isTimeOrNull = orNull(isTime);

const isTarget = hasShape<SnapshotTarget>({
  name: isText,
  url: isText,
  required: isFlag,
  ready: isFlag,
  verdict: hasShape<SnapshotVerdict>(VERDICT),
  bind: isListOf(hasShape<SnapshotTarget["bind"][number]>({ ...SOCKET, since: isTime })),
  paths: isListOf(
    hasShape<SnapshotTarget["paths"][number]>({
      address: isText,
      role: isOneOf("target", "evidence"),
      connect: orNull(isConnect),
      answer: orNull(isAnswer),
      skipped: orNull(isOneOf("not-listening", "ephemeral-port", "accept-queue", "recent")),
    }),
  ),
  timeline: hasShape<SnapshotTarget["timeline"]>({
    firstProbeAt: isTimeOrNull,
    listeningAt: isTimeOrNull,
    connectedAt: isTimeOrNull,
    answeredAt: isTimeOrNull,
    readyAt: isTimeOrNull,
    lostAt: isTimeOrNull,
    backAt: isTimeOrNull,
  }),
  attempts: isCount,
  errors: isRecordOf(isCount),
  lastError: orNull(
    hasShape<NonNullable<SnapshotTarget["lastError"]>>({ at: isTime, layer: isText, code: isText, message: isText }),
  ),
  restarts: isCount,
  restartedAt: isListOf(isTime),
  suspected: orNull(
    hasShape<NonNullable<SnapshotTarget["suspected"]>>({ code: isVerdictCode, since: isTime, looks: isCount }),
  ),
});

const isSource = isOneOf<SourceState>("proven", "unproven", "absent");

/** Whether a value that came from elsewhere is a snapshot that this version can show, down to its last field. */
export const isSnapshot: Guard<Snapshot> = hasShape<Snapshot>({
  schema: isOneOf("readiness-gate/v1"),
  ready: isFlag,
  phase: isOneOf("starting", "ready", "lost", "stopping"),
  startedAt: isTime,
  now: isTime,
  verdict: hasShape<Snapshot["verdict"]>({ ...VERDICT, target: isText }),
  targets: isListOf(isTarget),
  loopback: hasShape<Snapshot["loopback"]>({ ipv4: orNull(isLoopbackState), ipv6: orNull(isLoopbackState) }),
  listeners: isListOf(hasShape<SnapshotListener>({ address: isText, port: isCount, uid: isCount, own: isFlag })),
  netns: orNull(isCount),
  evidenceSources: hasShape<Snapshot["evidenceSources"]>({
    listenTable: isSource,
    resetCounters: isSource,
    icmpCounters: isSource,
  }),
  findings: isListOf(
    hasShape<SnapshotFinding>({
      code: isText,
      target: isText,
      summary: isText,
      remedy: isText,
      evidence: isListOf(isText),
    }),
  ),
  warnings: isListOf(isText),
});
