import fc from "fast-check";
import type {
  Answer,
  AnswerKind,
  ConnectOutcome,
  ConnectResult,
  ListenEvidence,
  ListeningSocket,
  Look,
  PathLook,
} from "../../src/core/observation.ts";
import type { GatePolicy } from "../../src/core/policy.ts";
import type { RefusedBy } from "../../src/core/proof.ts";
import type { Target } from "../../src/core/target.ts";
import { answered, CODE_OF, look, moment, NO_TABLE, POLICY, TARGETS } from "./looks.ts";

const ADDRESSES = ["127.0.0.1", "::1", "10.42.1.7", "fd00::7", "::ffff:127.0.0.1"] as const;
const BOUND = ["0.0.0.0", "::", ...ADDRESSES] as const;
const KINDS = Object.keys(CODE_OF) as AnswerKind[];
const OUTCOMES = ["ok", "refused", "timeout", "unreachable", "denied", "unavailable", "reset"] as const;
const ERRNOS = ["ECONNREFUSED", "DEADLINE", "EHOSTUNREACH", "EPERM", "EADDRNOTAVAIL", "EMFILE", "ENFILE"] as const;

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

const arbitraryPath: fc.Arbitrary<PathLook> = fc.record({
  address: fc.constantFrom(...ADDRESSES),
  role: fc.constantFrom("target", "target", "target", "evidence"),
  isLocal: fc.boolean(),
  connect: fc.option(arbitraryConnect),
  skipped: fc.option(fc.constantFrom("ephemeral-port", "not-listening", "accept-queue")),
  answer: fc.option(arbitraryAnswer),
  proof: fc.constant(null),
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
  { weight: 1, arbitrary: arbitraryWildLook },
  { weight: 1, arbitrary: fc.constant(look(answered("ready"))) },
);

/** The same look, ended at that many milliseconds after the gate's start. */
export function movedTo(seen: Look, atMs: number, tookMs: number): Look {
  return { ...seen, began: moment(atMs - tookMs), ended: moment(atMs) };
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
