import fc from "fast-check";
import type { LoopbackState } from "../../src/core/loopback.ts";
import type { ListenEvidence, Look, PathLook } from "../../src/core/observation.ts";
import type { Proof, TargetBurst } from "../../src/core/proof.ts";
import {
  answered,
  at,
  burst,
  control,
  explained,
  failed,
  icmpByRule,
  listening,
  look,
  moment,
  refusal,
  refused,
  resetByRule,
  silent,
  unbound,
  vanished,
} from "./looks.ts";

const EARLIER = { at: moment(500) };
const BESIDE = { inodes: [101] };

/** Refused by the kernel beside a socket. */
const REDIRECTED = explained(refused(), {
  refusal: refusal([burst({ ...EARLIER, ...BESIDE }), burst(BESIDE)], { trackedConnections: 2 }),
});

/** Paths that the evidence is just enough to accuse somebody of. */
const TROUBLES: readonly PathLook[] = [
  explained(refused(), { refusal: refusal([resetByRule(EARLIER), resetByRule()]), canary: "ok" }),
  explained(refused(), { refusal: refusal([icmpByRule(EARLIER), icmpByRule()]), canary: "ok" }),
  explained(failed("timeout"), { refusal: refusal([icmpByRule(EARLIER), icmpByRule()]), timeout: vanished() }),
  explained(refused(), {
    refusal: refusal([burst({ ...EARLIER, ...BESIDE }), burst(BESIDE)], { trackedConnections: 0 }),
  }),
  REDIRECTED,
  REDIRECTED,
  explained(failed("timeout"), { refusal: refusal([]), timeout: vanished(), canary: "ok" }),
  explained(failed("timeout"), { timeout: vanished({ queueOverflows: 2 }), canary: "ok" }),
  explained(failed("timeout"), {
    refusal: refusal([], { control: control({ refused: 0, resetsSent: 0, attemptFails: 0 }) }),
    timeout: vanished(),
    canary: "failed",
  }),
  explained(refused(), { refusal: refusal([resetByRule()], { control: resetByRule() }), canary: "failed" }),
  explained(failed("unreachable"), { canary: "ok" }),
  failed("denied"),
  answered("closed"),
  silent(),
];

const TABLES: readonly ListenEvidence[] = [
  unbound(),
  unbound(),
  listening(),
  listening({ acceptQueue: 3 }),
  listening({ address: "::" }),
  listening({ address: "10.42.0.7" }),
  listening({ inode: 102 }),
  { isKnown: false, reason: "no-table" },
];

/** Changes one figure of the evidence, so that most of it stays just not enough. */
type Tamper = (proof: Proof) => Proof;

function onLastBurst(change: Partial<TargetBurst>): Tamper {
  return (proof) => {
    if (proof.refusal === null) return proof;
    const { bursts } = proof.refusal;
    const tampered = bursts.map((one, index) => (index === bursts.length - 1 ? { ...one, ...change } : one));
    return { ...proof, refusal: { ...proof.refusal, bursts: tampered } };
  };
}

const TAMPERS: readonly Tamper[] = [
  (proof) => proof,
  (proof) => proof,
  ...[
    { resetsSent: 1 },
    { resetsSent: 3 },
    { resetsSent: 5 },
    { resetsSent: null },
    { refused: 2 },
    { attemptFails: 1 },
    { icmpUnreachable: 2 },
    { loopbackPackets: 2 },
    { inodes: [] },
    { inodes: null },
    { at: moment(600) },
    { at: moment(9000) },
  ].map(onLastBurst),
  (proof) => ({ ...proof, refusal: proof.refusal && { ...proof.refusal, control: null } }),
  (proof) => ({ ...proof, refusal: proof.refusal && { ...proof.refusal, bursts: proof.refusal.bursts.slice(1) } }),
  (proof) => ({ ...proof, refusal: proof.refusal && { ...proof.refusal, trackedConnections: 1 } }),
  (proof) => ({ ...proof, refusal: proof.refusal && { ...proof.refusal, trackedConnections: 0 } }),
  (proof) => ({ ...proof, timeout: proof.timeout && { ...proof.timeout, queueOverflows: null } }),
  (proof) => ({ ...proof, timeout: proof.timeout && { ...proof.timeout, timedOut: 1 } }),
  (proof) => ({ ...proof, timeout: null }),
  ...([null, "absent", "failed"] as const).map(
    (canary: LoopbackState | null): Tamper =>
      (proof) => ({ ...proof, canary }),
  ),
];

/** A look at one path in trouble, with evidence that is just enough to tell its cause, or just not. */
export const arbitraryTroubledLook: fc.Arbitrary<Look> = fc
  .record({
    path: fc.constantFrom(...TROUBLES),
    address: fc.constantFrom("127.0.0.1", "127.0.0.1", "::1", "10.42.0.7"),
    isLocal: fc.constantFrom(true, true, true, false),
    listen: fc.constantFrom(...TABLES),
    tamper: fc.constantFrom(...TAMPERS),
  })
  .map(({ path, address, isLocal, listen, tamper }) => {
    const proof = path.proof && tamper(path.proof);
    return look(at(address, path, { isLocal, proof }), { listen });
  });
