import fc from "fast-check";
import type { ConnectOutcome, ConnectResult, RefusedBy } from "../../src/core/connect.ts";
import { momentAfter } from "../../src/core/moment.ts";
import type {
  Answer,
  AnswerKind,
  ListenEvidence,
  ListeningSocket,
  Look,
  PathLook,
} from "../../src/core/observation.ts";
import type { GatePolicy } from "../../src/core/policy.ts";
import type { Burst, Proof, RefusalProof, TargetBurst, TimeoutProof } from "../../src/core/proof.ts";
import type { Target } from "../../src/core/target.ts";
import { arbitraryTroubledLook } from "./arbitrary-trouble.ts";
import { answered, CODE_OF, look, moment, NO_TABLE, POLICY, TARGETS } from "./looks.ts";

const ADDRESSES = ["127.0.0.1", "::1", "10.42.1.7", "fd00::7", "::ffff:127.0.0.1"] as const;
const BOUND = ["0.0.0.0", "::", ...ADDRESSES] as const;
const KINDS = Object.keys(CODE_OF) as AnswerKind[];
const SKIPS = ["ephemeral-port", "not-listening", "accept-queue", "recent"] as const;
const OUTCOMES = ["ok", "refused", "timeout", "unreachable", "denied", "unavailable", "reset"] as const;
const ERRNOS = ["ECONNREFUSED", "DEADLINE", "EHOSTUNREACH", "EPERM", "EACCES", "EADDRNOTAVAIL", "EMFILE"] as const;

const fewMs = fc.double({ min: 0, max: 5000, noNaN: true });

/** A listening socket out of a few inodes and addresses, so that sets meet, part and come back. */
export const arbitrarySocket: fc.Arbitrary<ListeningSocket> = fc.record({
  address: fc.constantFrom(...BOUND),
  port: fc.constant(9000),
  inode: fc.integer({ min: 1, max: 6 }),
  uid: fc.constantFrom(0, 1000),
  acceptQueue: fc.nat(5),
});

const arbitraryListen: fc.Arbitrary<ListenEvidence> = fc.oneof(
  fc.constant<ListenEvidence>(NO_TABLE),
  fc.constant<ListenEvidence>({ isKnown: false, reason: "remote" }),
  fc.record({
    isKnown: fc.constant(true as const),
    sockets: fc.uniqueArray(arbitrarySocket, { maxLength: 3, selector: ({ inode }) => inode }),
    isProven: fc.boolean(),
    otherPorts: fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { maxLength: 4 }),
  }),
);

/** Any outcome with any errno: also pairs that no kernel gives. */
const arbitraryConnect: fc.Arbitrary<ConnectResult> = fc
  .record({
    outcome: fc.constantFrom<ConnectOutcome>(...OUTCOMES),
    errno: fc.constantFrom(...ERRNOS),
    refusedBy: fc.constantFrom<RefusedBy>("kernel", "firewall", "unknown"),
    ms: fewMs,
  })
  .map(({ outcome, errno, refusedBy, ms }) => ({
    outcome,
    errno: outcome === "ok" ? null : errno,
    refusedBy: outcome === "refused" ? refusedBy : null,
    ms,
  }));

const arbitraryAnswer: fc.Arbitrary<Answer> = fc
  .record({
    kind: fc.constantFrom(...KINDS),
    oddCode: fc.option(fc.string(), { freq: 4 }),
    asked: fc.constant("GET /v2/health/ready"),
    message: fc.string({ maxLength: 20 }),
    ms: fewMs,
    modelsPending: fc.subarray(["iris", "mnist"]),
  })
  .map(({ oddCode, ...answer }) => ({ ...answer, code: oddCode ?? CODE_OF[answer.kind] }));

/** A counter's change: not shown, nothing, the attempts' own, or those and noise. */
const arbitraryChange = fc.option(fc.constantFrom(0, 0, 3, 3, 2, 4), { freq: 6 });

/** Bursts out of few figures, so that some agree; up to 7 s before the look. */
const arbitraryCounts = {
  at: fc.integer({ min: -7000, max: 0 }).map(moment),
  attempts: fc.constant(3),
  refused: fc.constantFrom(3, 3, 3, 0, 2),
  ms: fewMs,
  resetsSent: arbitraryChange,
  attemptFails: arbitraryChange,
  icmpUnreachable: arbitraryChange,
};

/** Some as former versions recorded them. */
const arbitraryBurst: fc.Arbitrary<Burst> = fc.oneof(
  fc.record(arbitraryCounts),
  fc.record({ ...arbitraryCounts, loopbackPackets: fc.option(fc.constantFrom(6, 6, 6, 6, 3, 2, 0)) }),
);

const arbitraryTargetBurst: fc.Arbitrary<TargetBurst> = fc
  .tuple(arbitraryBurst, fc.option(fc.subarray([1, 2, 3])))
  .map(([counts, inodes]) => ({ ...counts, inodes }));

const arbitraryRefusal: fc.Arbitrary<RefusalProof> = fc.record({
  bursts: fc
    .array(arbitraryTargetBurst, { maxLength: 4 })
    .map((bursts) => bursts.toSorted((one, other) => one.at.monotonicMs - other.at.monotonicMs)),
  control: fc.option(arbitraryBurst, { freq: 6 }),
  trackedConnections: fc.constantFrom(0, 0, 2, null),
});

const arbitraryTimeout: fc.Arbitrary<TimeoutProof> = fc.record({
  attempts: fc.constantFrom(1, 2, 2),
  timedOut: fc.constantFrom(1, 2, 2),
  queueOverflows: fc.constantFrom(0, 0, 1, 2, 50, null),
});

const arbitraryProof: fc.Arbitrary<Proof> = fc.record({
  refusal: fc.option(arbitraryRefusal, { freq: 3 }),
  timeout: fc.option(arbitraryTimeout, { freq: 3 }),
  canary: fc.constantFrom("ok", "ok", "failed", "absent", null),
});

const arbitraryPath: fc.Arbitrary<PathLook> = fc.record({
  address: fc.constantFrom(...ADDRESSES),
  role: fc.constantFrom("target", "target", "target", "evidence"),
  isLocal: fc.boolean(),
  connect: fc.option(arbitraryConnect),
  skipped: fc.option(fc.constantFrom(...SKIPS)),
  answer: fc.option(arbitraryAnswer),
  proof: fc.option(arbitraryProof, { freq: 2 }),
});

/** Any look that the types allow, at moment 0 until {@link arbitraryLooks} puts it in its place. */
const arbitraryWildLook: fc.Arbitrary<Look> = fc.record({
  began: fc.constant(moment(0)),
  ended: fc.constant(moment(0)),
  stalledMs: fc.constantFrom(0, 0, 0, 100, 101, 5000),
  resolution: fc.oneof(
    { weight: 9, arbitrary: fc.constant({ isResolved: true } as const) },
    { weight: 1, arbitrary: fc.record({ isResolved: fc.constant(false as const), code: fc.constant("ENOTFOUND") }) },
  ),
  listen: arbitraryListen,
  paths: fc.array(arbitraryPath, { maxLength: 3 }),
});

/** Enough looks that pass, so that gates open, close and open again. */
const arbitraryLook: fc.Arbitrary<Look> = fc.oneof(
  { weight: 2, arbitrary: arbitraryWildLook },
  { weight: 1, arbitrary: arbitraryTroubledLook },
  { weight: 3, arbitrary: fc.constant(look(answered("ready"))) },
);

/** The same look, ended at that many milliseconds after the gate's start, and its bursts as long before as they were. */
export function movedTo(seen: Look, atMs: number, tookMs: number): Look {
  const byMs = atMs - seen.ended.monotonicMs;
  const moved = <B extends Burst>(one: B): B => ({ ...one, at: momentAfter(one.at, byMs) });
  const paths = seen.paths.map((path): PathLook => {
    const refusal = path.proof?.refusal ?? null;
    if (path.proof === null || refusal === null) return path;
    const { bursts, control } = refusal;
    const later = { ...refusal, bursts: bursts.map(moved), control: control && moved(control) };
    return { ...path, proof: { ...path.proof, refusal: later } };
  });
  return { ...seen, paths, began: moment(atMs - tookMs), ended: moment(atMs) };
}

/** Looks one after another, with any pauses and lengths; up to a day apart, so that the start-up budget runs out. */
export function arbitraryLooks(maxLength = 40): fc.Arbitrary<readonly Look[]> {
  const pause = fc.oneof({ weight: 9, arbitrary: fc.nat(2000) }, { weight: 1, arbitrary: fc.nat(86_400_000) });
  return fc
    .array(fc.tuple(arbitraryLook, pause, fc.nat(1000)), { minLength: 1, maxLength, size: "max" })
    .map((parts) => {
      let nowMs = 0;
      return parts.map(([seen, pauseMs, tookMs]) => {
        nowMs += pauseMs + tookMs;
        return movedTo(seen, nowMs, tookMs);
      });
    });
}

export const arbitraryTarget: fc.Arbitrary<Target> = fc.constantFrom(...TARGETS);

export const arbitraryPolicy: fc.Arbitrary<GatePolicy> = fc.record({
  openOn: fc.constantFrom("live", "ready"),
  afterReady: fc.constantFrom("live", "ready"),
  failureThreshold: fc.integer({ min: 1, max: 4 }),
  successThreshold: fc.integer({ min: 1, max: 4 }),
  startupBudgetMs: fc.constantFrom(0, 1000, POLICY.startupBudgetMs),
  intervalMs: fc.constant(POLICY.intervalMs),
  probeTimeoutMs: fc.constant(POLICY.probeTimeoutMs),
});
