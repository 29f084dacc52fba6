import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { burst, control, failed, icmpByRule, moment, refusal, refused, resetByRule } from "../../test/support/looks.ts";
import {
  type Burst,
  isRefusedBesideSocket,
  isRefusedByIcmp,
  isSentElsewhere,
  provesResets,
  type TargetBurst,
  whoRefused,
  withRefuser,
} from "./proof.ts";

const EARLIER = { at: moment(500) };

/** Resets of other connections come on top. */
function noisy<B extends Burst>(counts: B, resets: number): B {
  return {
    ...counts,
    resetsSent: (counts.resetsSent ?? 0) + resets,
    attemptFails: (counts.attemptFails ?? 0) + resets,
  };
}

/** What a kernel shows that has the counters, but never moves them. */
const STUCK = { resetsSent: 0, attemptFails: 0, icmpUnreachable: 0 };
const UNSHOWN = { resetsSent: null, attemptFails: null, icmpUnreachable: null };

describe("who refused", () => {
  it.each([
    ["a reset of the kernel for each attempt", refusal([burst()]), "kernel"],
    ["no reset in two bursts", refusal([resetByRule(EARLIER), resetByRule()]), "firewall"],
    ["an ICMP for each attempt in two bursts", refusal([icmpByRule(EARLIER), icmpByRule()]), "firewall"],
    ["nothing yet", refusal([]), "unknown"],
    ["no reset in one burst", refusal([resetByRule()]), "unknown"],
    ["an ICMP for each attempt in one burst", refusal([icmpByRule()]), "unknown"],
    ["resets, but none to compare with", refusal([burst()], { control: null }), "unknown"],
    ["a control blurred by noise", refusal([burst()], { control: noisy(control(), 1) }), "unknown"],
    ["attempts that connected", refusal([resetByRule(EARLIER), resetByRule({ refused: 2 })]), "unknown"],
    ["a rule that has gone", refusal([resetByRule(EARLIER), resetByRule(EARLIER), burst()]), "kernel"],
    ["a rule that has just come", refusal([burst(EARLIER), burst(EARLIER), resetByRule()]), "unknown"],
    ["a burst of none", refusal([resetByRule(EARLIER), resetByRule({ attempts: 0, refused: 0 })]), "unknown"],
  ] as const)("is told by %s", (_what, proof, by) => {
    expect(whoRefused(proof)).toBe(by);
  });

  it("is a rule, though noise blurred other bursts and the last one in part", () => {
    const bursts = [resetByRule({ at: moment(100) }), noisy(resetByRule(EARLIER), 4), resetByRule(EARLIER)];
    expect(whoRefused(refusal([...bursts, resetByRule()]))).toBe("firewall");
    expect(whoRefused(refusal([...bursts, noisy(resetByRule(), 2)]))).toBe("firewall");
  });

  it("is not told while the last burst brought resets enough to be the kernel's", () => {
    const bursts = [resetByRule({ at: moment(100) }), resetByRule(EARLIER)];
    expect(whoRefused(refusal([...bursts, noisy(resetByRule(), 3)]))).toBe("unknown");
    expect(whoRefused(refusal([...bursts, burst()]))).toBe("kernel");
    expect(whoRefused(refusal([...bursts, noisy(resetByRule(), 4)]))).toBe("unknown");
  });

  it("is not told by bursts and controls of different moments: rules come and go", () => {
    const late = { at: moment(10_000) };
    expect(whoRefused(refusal([resetByRule(), resetByRule(late)], { control: control(late) }))).toBe("unknown");
    expect(whoRefused(refusal([resetByRule(late), resetByRule(late)]))).toBe("unknown");
    expect(whoRefused(refusal([resetByRule(late), resetByRule(late)], { control: control(late) }))).toBe("firewall");
    expect(whoRefused(refusal([icmpByRule(late), icmpByRule(late)]))).toBe("unknown");
  });

  it.each([
    ["that counts nothing", STUCK],
    ["that shows no counter", UNSHOWN],
  ])("is never told on a kernel %s", (_what, counts) => {
    const bursts = [burst({ ...EARLIER, ...counts }), burst(counts)];
    expect(whoRefused(refusal(bursts, { control: control(counts) }))).toBe("unknown");
    const noise = { ...counts, icmpUnreachable: 9 };
    expect(whoRefused(refusal([burst({ ...EARLIER, ...noise }), burst(noise)], { control: control(counts) }))).toBe(
      "unknown",
    );
  });

  it("is told by ICMP where the rule refuses the control as well", () => {
    const { inodes: _inodes, ...same } = icmpByRule();
    expect(whoRefused(refusal([icmpByRule(EARLIER), icmpByRule()], { control: same }))).toBe("firewall");
    expect(whoRefused(refusal([icmpByRule(EARLIER), icmpByRule()], { control: null }))).toBe("unknown");
  });

  it("is not told by ICMP of others: the kernel counts an attempt that its own reset ended", () => {
    const bursts = [burst({ ...EARLIER, icmpUnreachable: 3 }), burst({ icmpUnreachable: 3 })];
    expect(whoRefused(refusal(bursts))).toBe("unknown");
    expect(whoRefused(refusal(bursts.map((one) => noisy(one, 1))))).toBe("unknown");
    expect(whoRefused(refusal([burst({ icmpUnreachable: 2 })]))).toBe("kernel");
  });

  it("is never a rule when the kernel refused, whatever the noise", () => {
    const noise = fc.record({ resets: fc.nat(20), fails: fc.nat(20), icmp: fc.nat(20), atMs: fc.nat(6000) });
    const kernels = noise.map(({ resets, fails, icmp, atMs }) =>
      burst({ at: moment(atMs), resetsSent: 3 + resets, attemptFails: 3 + fails, icmpUnreachable: icmp }),
    );
    fc.assert(
      fc.property(
        fc.array(kernels, { maxLength: 4 }),
        fc.option(kernels),
        (bursts, one) => whoRefused(refusal(bursts, { control: one })) !== "firewall",
      ),
      { numRuns: 2000 },
    );
  });
});

describe("a refusal that did not pass loopback", () => {
  const away = (packets: number | null, overrides: Partial<TargetBurst> = {}) =>
    resetByRule({ loopbackPackets: packets, ...overrides });

  it.each([
    ["none of the packets", 0, "unknown"],
    ["a packet too few", 2, "unknown"],
    ["what a rule on the way out lets pass, its answers", 3, "firewall"],
    ["all of it", 6, "firewall"],
    ["a number that is not told", null, "firewall"],
  ] as const)("is told by %s", (_what, packets, by) => {
    expect(whoRefused(refusal([away(packets, EARLIER), away(packets)]))).toBe(by);
    const icmp = { attemptFails: 0, icmpUnreachable: 3 };
    expect(whoRefused(refusal([away(packets, { ...EARLIER, ...icmp }), away(packets, icmp)]))).toBe(by);
  });

  it("is judged as before where the record does not have the number", () => {
    const { loopbackPackets: _packets, ...older } = resetByRule();
    expect(whoRefused(refusal([older, older]))).toBe("firewall");
  });

  it("is none of a rule's though other traffic of loopback hides it in some bursts of the moment", () => {
    const bursts = [away(0, EARLIER), away(9), away(7)];
    expect(isSentElsewhere(refusal(bursts))).toBe(true);
    expect(whoRefused(refusal(bursts))).toBe("unknown");
    const long = [away(0, { at: moment(0) }), away(6, { at: moment(9000) }), away(6, { at: moment(9100) })];
    expect(whoRefused(refusal(long, { control: control({ at: moment(9100) }) }))).toBe("firewall");
  });

  it("is not told on a kernel that does not count what the control must have passed", () => {
    const blind = control({ loopbackPackets: 0 });
    expect(whoRefused(refusal([away(0, EARLIER), away(0)], { control: blind }))).toBe("firewall");
  });

  it("leaves the kernel's own word alone once the rule has gone", () => {
    expect(whoRefused(refusal([away(0, EARLIER), burst()]))).toBe("kernel");
  });
});

describe("a control", () => {
  it.each([
    ["one reset for each attempt", control(), true],
    ["resets of others on top", noisy(control(), 7), true],
    ["too few", control({ resetsSent: 2 }), false],
    ["none", control(STUCK), false],
    ["a counter that is not shown", control(UNSHOWN), false],
    ["an attempt that connected", control({ refused: 2 }), false],
    ["no burst at all", null, false],
  ])("that shows %s", (_what, one, isProof) => {
    expect(provesResets(one)).toBe(isProof);
  });
});

describe("a connect that was refused or denied", () => {
  const icmp = refusal([icmpByRule(EARLIER), icmpByRule()]);
  const denied = failed("denied", { errno: "EACCES" }).connect;
  const told = (connect: typeof denied, proof = icmp) => connect && withRefuser(connect, proof);

  it("says who refused", () => {
    expect(told(refused().connect)).toMatchObject({ outcome: "refused", refusedBy: "firewall" });
    expect(told(refused().connect, refusal([burst()]))).toMatchObject({ refusedBy: "kernel" });
    expect(told(refused().connect, refusal([]))).toMatchObject({ refusedBy: "unknown" });
  });

  it("was refused by a rule when EACCES goes with its ICMP", () => {
    expect(told(denied)).toMatchObject({ outcome: "refused", errno: "EACCES", refusedBy: "firewall" });
  });

  it("was refused by a rule, too, when its ICMP was waited for until it ended the attempts", () => {
    const slow = { refused: 3, resetsSent: 0, attemptFails: 3, icmpUnreachable: 6 };
    const proof = refusal([burst({ ...EARLIER, ...slow }), burst(slow)]);
    expect(told(denied, proof)).toMatchObject({ outcome: "refused", refusedBy: "firewall" });
  });

  it("was denied when EACCES goes with no ICMP, though no reset was sent either, or with EPERM", () => {
    const none = { ...STUCK, refused: 3 };
    expect(told(denied, refusal([burst({ ...EARLIER, ...none }), burst(none)]))).toEqual(denied);
    const forbidden = failed("denied").connect;
    expect(told(forbidden)).toEqual(forbidden);
  });

  it("stays a time-out", () => {
    const timeout = failed("timeout").connect;
    expect(told(timeout)).toEqual(timeout);
  });
});

describe("ICMP that answers each attempt", () => {
  it("is a refusal though the attempts go on, as over IPv6", () => {
    const pending = { refused: 0 };
    expect(isRefusedByIcmp(refusal([icmpByRule({ ...EARLIER, ...pending }), icmpByRule(pending)]))).toBe(true);
  });

  it("is a refusal though an attempt of another connection failed as well", () => {
    expect(isRefusedByIcmp(refusal([icmpByRule(EARLIER), noisy(icmpByRule(), 2)]))).toBe(true);
  });

  it.each([
    ["too few", icmpByRule({ icmpUnreachable: 2 })],
    ["a counter that is not shown", icmpByRule({ icmpUnreachable: null })],
    ["attempts that resets may have ended", icmpByRule({ attemptFails: 3 })],
    ["attempts of which it is not known", icmpByRule({ attemptFails: null })],
  ])("is none with %s", (_what, last) => {
    expect(isRefusedByIcmp(refusal([icmpByRule(EARLIER), icmpByRule(EARLIER), last]))).toBe(false);
  });
});

describe("a refusal beside a socket", () => {
  const beside = (atMs: number, inodes: TargetBurst["inodes"] = [7], overrides: Partial<TargetBurst> = {}) =>
    burst({ at: moment(atMs), inodes, ...overrides });
  const isSeen = (...bursts: readonly TargetBurst[]) => isRefusedBesideSocket(refusal(bursts));

  it("is seen twice, 250 ms apart or more", () => {
    expect(isSeen(beside(0))).toBe(false);
    expect(isSeen(beside(0), beside(249))).toBe(false);
    expect(isSeen(beside(0), beside(250))).toBe(true);
    expect(isSeen(beside(0), beside(5000))).toBe(true);
    expect(isSeen(beside(0), beside(100), beside(200), beside(300))).toBe(true);
  });

  it("is not seen beside a server that binds anew all the time", () => {
    expect(isSeen(beside(0, [7]), beside(300, [8]))).toBe(false);
    expect(isSeen(beside(0, null), beside(300, [7]))).toBe(false);
    expect(isSeen(beside(0, [7]), beside(300, null))).toBe(false);
    expect(isSeen(beside(0, []), beside(300, []))).toBe(false);
  });

  it("is over when the last burst no longer shows it", () => {
    expect(isSeen(beside(0), beside(300), beside(600, []))).toBe(false);
    expect(isSeen(beside(0), beside(300), beside(600, [7], { refused: 0 }))).toBe(false);
    expect(isSeen(beside(0), beside(300), noisy(beside(600), 1))).toBe(false);
  });

  it("takes the kernel's own resets, proven by the control", () => {
    const bursts = [beside(0), beside(300)];
    expect(isSeen(...bursts.map((one) => ({ ...one, resetsSent: 0 })))).toBe(false);
    expect(isRefusedBesideSocket(refusal(bursts, { control: null }))).toBe(false);
    expect(isRefusedBesideSocket(refusal(bursts, { control: control(STUCK) }))).toBe(false);
  });

  it("goes on through noise that blurs a burst in between", () => {
    expect(isSeen(beside(0), noisy(beside(300), 2), beside(600))).toBe(true);
  });
});
