import type { ConnectResult, RefusedBy } from "./connect.ts";
import {
  type Guard,
  hasShape,
  isCount,
  isEither,
  isFlag,
  isListOf,
  isOneOf,
  isRecordOf,
  isText,
  isWithin,
  mayHave,
  orNull,
} from "./guard.ts";
import type { LoopbackState } from "./loopback.ts";
import type { BoundSocket, LastError, Memory, Timeline } from "./memory.ts";
import type { Moment } from "./moment.ts";
import type { Answer, ListenEvidence, ListeningSocket, Look, PathLook, Resolution } from "./observation.ts";
import type { GatePolicy } from "./policy.ts";
import type { Burst, Proof, RefusalProof, TargetBurst, TimeoutProof } from "./proof.ts";
import type { GrpcQuestion, GrpcTarget, HttpTarget, Target, TcpTarget, TlsOptions } from "./target.ts";
import type { Suspicion } from "./target-state.ts";
import { VERDICTS, type VerdictCode } from "./verdict-table.ts";

/** Far below what a date can show (ECMA-262, 21.4.1.1), so that moments and durations added together stay within it. */
const LONGEST_MS = 2e15;

export const isMilliseconds = isWithin(LONGEST_MS);

const isDuration: Guard<number> = (value): value is number => isMilliseconds(value) && value >= 0;

export const isMoment = hasShape<Moment>({ monotonicMs: isMilliseconds, wallMs: isMilliseconds });

export const isVerdictCode = isOneOf(...(Object.keys(VERDICTS) as VerdictCode[]));

const isRefusedBy = isOneOf<RefusedBy>("kernel", "firewall", "unknown");
export const isLoopbackState = isOneOf<LoopbackState>("ok", "failed", "absent");
const isDemand = isOneOf("live", "ready");

export const SOCKET = { address: isText, port: isCount, inode: isCount, uid: isCount, acceptQueue: isCount };
const isSocket = hasShape<ListeningSocket>(SOCKET);

export const isConnect = hasShape<ConnectResult>({
  outcome: isOneOf("ok", "refused", "timeout", "unreachable", "denied", "unavailable", "reset"),
  errno: orNull(isText),
  refusedBy: orNull(isRefusedBy),
  ms: isDuration,
});

export const isAnswer = hasShape<Answer>({
  kind: isOneOf(
    "ready",
    "not-ready",
    "other",
    "no-such-endpoint",
    "error",
    "wrong-protocol",
    "tls",
    "unasked",
    "closed",
    "silence",
  ),
  code: isText,
  asked: isText,
  message: isText,
  ms: isDuration,
  modelsPending: isListOf(isText),
});

const BURST = {
  at: isMoment,
  attempts: isCount,
  refused: isCount,
  ms: isDuration,
  resetsSent: orNull(isMilliseconds),
  attemptFails: orNull(isMilliseconds),
  icmpUnreachable: orNull(isMilliseconds),
};

/** What bursts of former versions do not have. */
const NEWER_OF_BURST = { loopbackPackets: orNull(isMilliseconds) };

type Newer = Pick<Required<Burst>, "loopbackPackets">;

const isBurst: Guard<Burst> = mayHave<Omit<Burst, keyof Newer>, Newer>(hasShape(BURST), NEWER_OF_BURST);

const isTargetBurst: Guard<TargetBurst> = mayHave<Omit<TargetBurst, keyof Newer>, Newer>(
  hasShape({ ...BURST, inodes: orNull(isListOf(isCount)) }),
  NEWER_OF_BURST,
);

const isProof = hasShape<Proof>({
  refusal: orNull(
    hasShape<RefusalProof>({
      bursts: isListOf(isTargetBurst),
      control: orNull(isBurst),
      trackedConnections: orNull(isMilliseconds),
    }),
  ),
  timeout: orNull(
    hasShape<TimeoutProof>({ attempts: isCount, timedOut: isCount, queueOverflows: orNull(isMilliseconds) }),
  ),
  canary: orNull(isLoopbackState),
});

const isPath = hasShape<PathLook>({
  address: isText,
  role: isOneOf("target", "evidence"),
  isLocal: isFlag,
  connect: orNull(isConnect),
  skipped: orNull(isOneOf("not-listening", "ephemeral-port", "accept-queue", "recent")),
  answer: orNull(isAnswer),
  proof: orNull(isProof),
});

const isListen: Guard<ListenEvidence> = isEither(
  hasShape<Extract<ListenEvidence, { isKnown: true }>>({
    isKnown: isOneOf(true),
    sockets: isListOf(isSocket),
    isProven: isFlag,
    otherPorts: isListOf(isCount),
  }),
  hasShape<Extract<ListenEvidence, { isKnown: false }>>({
    isKnown: isOneOf(false),
    reason: isOneOf("no-table", "remote"),
  }),
);

const isResolution: Guard<Resolution> = isEither(
  hasShape<Extract<Resolution, { isResolved: true }>>({ isResolved: isOneOf(true) }),
  hasShape<Extract<Resolution, { isResolved: false }>>({ isResolved: isOneOf(false), code: isText }),
);

export const isLook = hasShape<Look>({
  began: isMoment,
  ended: isMoment,
  stalledMs: isMilliseconds,
  resolution: isResolution,
  listen: isListen,
  paths: isListOf(isPath),
});

const isMomentOrNull = orNull(isMoment);

export const isMemory = hasShape<Memory>({
  timeline: hasShape<Timeline>({
    firstProbe: isMomentOrNull,
    listening: isMomentOrNull,
    connected: isMomentOrNull,
    answered: isMomentOrNull,
    ready: isMomentOrNull,
    lost: isMomentOrNull,
    back: isMomentOrNull,
  }),
  sockets: isListOf(hasShape<BoundSocket>({ ...SOCKET, since: isMoment })),
  lastInodes: isListOf(isCount),
  hasAnsweredFromSocket: isFlag,
  restarts: isCount,
  restartedAt: isListOf(isMoment),
  uncoveredSince: isMomentOrNull,
  attempts: isCount,
  errors: isRecordOf(isCount),
  lastError: orNull(
    hasShape<LastError>({
      at: isMoment,
      layer: isOneOf("resolve", "connect", "protocol", "readiness"),
      code: isText,
      message: isText,
    }),
  ),
});

export const isSuspicion = hasShape<Suspicion>({ code: isVerdictCode, since: isMoment, looks: isCount });

export const isPolicy = hasShape<GatePolicy>({
  openOn: isDemand,
  afterReady: isDemand,
  failureThreshold: isCount,
  successThreshold: isCount,
  startupBudgetMs: isMilliseconds,
  intervalMs: isMilliseconds,
  probeTimeoutMs: isMilliseconds,
});

const TARGET = { name: isText, url: isText, host: isText, port: isCount, required: isFlag };

const isTlsOrNull = orNull(hasShape<TlsOptions>({ ca: orNull(isText), servername: orNull(isText), insecure: isFlag }));

const isQuestion: Guard<GrpcQuestion> = isEither(
  hasShape<Extract<GrpcQuestion, { ask: "Health" }>>({ ask: isOneOf("Health"), service: isText }),
  hasShape<{ readonly ask: "auto" | "ServerReady" | "ServerLive" }>({
    ask: isOneOf("auto", "ServerReady", "ServerLive"),
  }),
);

export const isTarget: Guard<Target> = isEither(
  hasShape<TcpTarget>({ ...TARGET, scheme: isOneOf("tcp") }),
  isEither(
    hasShape<HttpTarget>({ ...TARGET, scheme: isOneOf("http", "https"), path: isText, tls: isTlsOrNull }),
    hasShape<GrpcTarget>({ ...TARGET, scheme: isOneOf("grpc", "grpcs"), question: isQuestion, tls: isTlsOrNull }),
  ),
);
