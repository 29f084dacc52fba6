import type { ConnectOutcome, ConnectResult } from "../../src/core/connect.ts";
import type { Moment } from "../../src/core/moment.ts";
import type {
  Answer,
  AnswerKind,
  ConnectSkip,
  ListenEvidence,
  ListeningSocket,
  Look,
  PathLook,
} from "../../src/core/observation.ts";
import type { GatePolicy } from "../../src/core/policy.ts";
import {
  type Burst,
  NOTHING_GATHERED,
  type Proof,
  type RefusalProof,
  type TargetBurst,
  type TimeoutProof,
} from "../../src/core/proof.ts";
import type { GrpcTarget, HttpTarget, Target, TcpTarget } from "../../src/core/target.ts";

/** Wall-clock time of moment 0: 2026-11-24T12:00:00Z. */
const EPOCH_MS = Date.UTC(2026, 10, 24, 12);

/** The moment that many milliseconds after the gate's start. */
export function moment(ms: number): Moment {
  return { monotonicMs: ms, wallMs: EPOCH_MS + ms };
}

export const START: Moment = moment(0);

export const POLICY: GatePolicy = {
  openOn: "ready",
  afterReady: "live",
  failureThreshold: 3,
  successThreshold: 1,
  startupBudgetMs: 600_000,
  intervalMs: 5000,
  probeTimeoutMs: 1000,
};

export function httpTarget(overrides: Partial<HttpTarget> = {}): HttpTarget {
  return {
    name: "http",
    url: "http://127.0.0.1:9000/v2/health/ready",
    host: "127.0.0.1",
    port: 9000,
    required: true,
    scheme: "http",
    path: "/v2/health/ready",
    tls: null,
    ...overrides,
  };
}

export function grpcTarget(overrides: Partial<GrpcTarget> = {}): GrpcTarget {
  return {
    name: "grpc",
    url: "grpc://127.0.0.1:9500",
    host: "127.0.0.1",
    port: 9500,
    required: true,
    scheme: "grpc",
    question: { ask: "auto" },
    tls: null,
    ...overrides,
  };
}

/** A target that is not required. */
export function rcloneTarget(): TcpTarget {
  return {
    name: "rclone",
    url: "tcp://127.0.0.1:5572?required=false",
    host: "127.0.0.1",
    port: 5572,
    required: false,
    scheme: "tcp",
  };
}

/** A path of a look at 127.0.0.1, before anything was tried. */
function path(overrides: Partial<PathLook>): PathLook {
  return {
    address: "127.0.0.1",
    role: "target",
    isLocal: true,
    connect: null,
    skipped: null,
    answer: null,
    proof: null,
    ...overrides,
  };
}

const CONNECTED: ConnectResult = { outcome: "ok", errno: null, refusedBy: null, ms: 0.25 };

const ERRNO_OF: Readonly<Record<Exclude<ConnectOutcome, "ok">, string>> = {
  refused: "ECONNREFUSED",
  timeout: "DEADLINE",
  unreachable: "EHOSTUNREACH",
  denied: "EPERM",
  unavailable: "EADDRNOTAVAIL",
  reset: "ECONNRESET",
};

/** The connect failed. */
export function failed(outcome: Exclude<ConnectOutcome, "ok">, overrides: Partial<ConnectResult> = {}): PathLook {
  const refusedBy = outcome === "refused" ? "unknown" : null;
  return path({ connect: { outcome, errno: ERRNO_OF[outcome], refusedBy, ms: 0.25, ...overrides } });
}

/** The connect was refused. */
export function refused(): PathLook {
  return failed("refused");
}

/** The look did not connect, nor had one before it. */
export function skipped(reason: ConnectSkip): PathLook {
  return path({ skipped: reason });
}

/** A burst of three connects that the kernel itself refused, beside nothing. */
export function burst(overrides: Partial<TargetBurst> = {}): TargetBurst {
  const counts = { resetsSent: 3, attemptFails: 3, icmpUnreachable: 0, loopbackPackets: 6 };
  return { at: moment(990), attempts: 3, refused: 3, ms: 0.7, inodes: [], ...counts, ...overrides };
}

/** The same, refused by a rule that sends resets. */
export function resetByRule(overrides: Partial<TargetBurst> = {}): TargetBurst {
  return burst({ resetsSent: 0, ...overrides });
}

/** The same, refused by a rule that sends ICMP. */
export function icmpByRule(overrides: Partial<TargetBurst> = {}): TargetBurst {
  return burst({ resetsSent: 0, attemptFails: 0, icmpUnreachable: 3, ...overrides });
}

/** A control that proves the counters. */
export function control(overrides: Partial<Burst> = {}): Burst {
  const { inodes: _inodes, ...counts } = burst(overrides);
  return counts;
}

/** What was gathered of a refusal; the control proves the counters unless told otherwise. */
export function refusal(bursts: readonly TargetBurst[], overrides: Partial<RefusalProof> = {}): RefusalProof {
  return { bursts, control: control(), trackedConnections: null, ...overrides };
}

/** Two connects that got no answer while the accept queues had room. */
export function vanished(overrides: Partial<TimeoutProof> = {}): TimeoutProof {
  return { attempts: 2, timedOut: 2, queueOverflows: 0, ...overrides };
}

/** The path with what was gathered to explain it. */
export function explained(seen: PathLook, gathered: Partial<Proof>): PathLook {
  return { ...seen, proof: { ...NOTHING_GATHERED, ...gathered } };
}

/** Codes that go with each kind of answer, of an HTTP target where it matters. */
export const CODE_OF: Readonly<Record<AnswerKind, string>> = {
  ready: "HTTP_200",
  "not-ready": "HTTP_400",
  other: "HTTP_401",
  "no-such-endpoint": "HTTP_404",
  error: "HTTP_500",
  "wrong-protocol": "HPE_INVALID_CONSTANT",
  tls: "CERT_HAS_EXPIRED",
  unasked: "ENOENT",
  closed: "ECONNRESET",
  silence: "DEADLINE",
};

/** Connected, and this came back. */
export function answered(kind: AnswerKind, overrides: Partial<Answer> = {}): PathLook {
  const asked = "GET /v2/health/ready";
  const answer: Answer = { kind, code: CODE_OF[kind], asked, message: "", ms: 3, modelsPending: [], ...overrides };
  return path({ connect: CONNECTED, answer });
}

/** Connected, and nothing came back. */
export function silent(overrides: Partial<Answer> = {}): PathLook {
  return answered("silence", { ms: 1000, ...overrides });
}

/** The same, seen at another address. */
export function at(address: string, seen: PathLook, overrides: Partial<PathLook> = {}): PathLook {
  return { ...seen, address, ...overrides };
}

/** The same, at an address of another network namespace. */
export function remote(seen: PathLook, address = "10.42.1.7"): PathLook {
  return { ...seen, address, isLocal: false };
}

export function socket(overrides: Partial<ListeningSocket> = {}): ListeningSocket {
  return { address: "0.0.0.0", port: 9000, inode: 101, uid: 1000, acceptQueue: 0, ...overrides };
}

/** The LISTEN table shows these sockets on the target's port. */
export function listening(...sockets: readonly Partial<ListeningSocket>[]): ListenEvidence {
  return { isKnown: true, sockets: (sockets.length > 0 ? sockets : [{}]).map(socket), isProven: true, otherPorts: [] };
}

/** The LISTEN table shows no socket on the target's port, but these ports of others. */
export function unbound(...otherPorts: readonly number[]): ListenEvidence {
  return { isKnown: true, sockets: [], isProven: true, otherPorts };
}

export const NO_TABLE: ListenEvidence = { isKnown: false, reason: "no-table" };

/** What {@link look} takes beside the paths. */
export interface LookOptions {
  readonly listen?: ListenEvidence;
  /** Milliseconds from the gate's start to the look's end. */
  readonly atMs?: number;
  /** How long the look took. */
  readonly tookMs?: number;
  readonly stalledMs?: number;
}

/** A look at these paths; unless told otherwise, the LISTEN table fits the first of them. */
export function look(paths: PathLook | readonly PathLook[], options: LookOptions = {}): Look {
  const seen = Array.isArray(paths) ? (paths as readonly PathLook[]) : [paths as PathLook];
  const { atMs = 1000, tookMs = 1, stalledMs = 0, listen = fittingTable(seen[0]) } = options;
  const [began, ended] = [moment(atMs - tookMs), moment(atMs)];
  return { began, ended, stalledMs, resolution: { isResolved: true }, listen, paths: seen };
}

/** A look that found no address. */
export function unresolved(code = "ENOTFOUND", options: LookOptions = {}): Look {
  return { ...look([], { listen: NO_TABLE, ...options }), resolution: { isResolved: false, code } };
}

function fittingTable(first: PathLook | undefined): ListenEvidence {
  if (first?.isLocal === false) return { isKnown: false, reason: "remote" };
  return first?.connect?.outcome === "ok" || first?.skipped === "accept-queue" ? listening() : unbound();
}

/** All of the schemes, so that texts are tried with each. */
export const TARGETS: readonly Target[] = [httpTarget(), grpcTarget(), rcloneTarget()];
