import { describe, expect, it } from "vitest";
import { caseOf, following } from "../../test/support/cases.ts";
import {
  answered,
  at,
  burst,
  explained,
  failed,
  icmpByRule,
  listening,
  look,
  moment,
  NO_TABLE,
  POLICY,
  refusal,
  refused,
  remote,
  resetByRule,
  silent,
  unbound,
  vanished,
} from "../../test/support/looks.ts";
import { classify } from "./classify.ts";
import type { Case } from "./facts.ts";
import type { PathLook } from "./observation.ts";
import type { TargetBurst } from "./proof.ts";

const OVER_BUDGET = { atMs: POLICY.startupBudgetMs + 1 };
/** Wildcards of IPv6, which may or may not serve IPv4. */
const DOUBTFUL = { listen: listening({ address: "::" }) };

/** Four sockets one after another, each at its own look: three restarts. */
const CRASHES = [1, 2, 3, 4].map((inode) => look(silent(), { atMs: 100 * inode, listen: listening({ inode }) }));

/** Refused by a rule that sends resets, before anything is bound. */
const REJECTED = explained(refused(), { refusal: refusal([resetByRule({ at: moment(500) }), resetByRule()]) });
const BESIDE = [burst({ at: moment(700), inodes: [101] }), burst({ inodes: [101] })];
const VANISHED = explained(failed("timeout"), { refusal: refusal([]), timeout: vanished(), canary: "ok" });
const OVERFLOWN = explained(failed("timeout"), { timeout: vanished({ queueOverflows: 2 }), canary: "ok" });

function inDoubt(trackedConnections: number | null): Case {
  return caseOf(look(explained(refused(), { refusal: refusal(BESIDE, { trackedConnections }) }), DOUBTFUL));
}

/** Refused by the kernel, twice, at an address beside a socket; with what other addresses showed. */
function beside(
  address: string,
  trackedConnections: number | null,
  listen = listening(),
  others: PathLook[] = [],
): Case {
  const seen = explained(refused(), { refusal: refusal(BESIDE, { trackedConnections }) });
  return caseOf(look([at(address, seen), ...others], { listen }));
}

/** Connected at each of these moments, though the table shows nobody. */
function connectedToNobody(seen: PathLook, ...atMs: readonly number[]): Case {
  const looks = atMs.map((ms) => look(seen, { atMs: ms, listen: unbound() }));
  const [last, ...earlier] = looks.toReversed();
  if (last === undefined) throw new Error("no look");
  return following(earlier.toReversed(), last);
}

describe("a nat rule that sends the connects to another namespace, where they are refused", () => {
  const away = { loopbackPackets: 0 };
  const seen = explained(refused(), {
    refusal: refusal([resetByRule({ at: moment(500), ...away }), resetByRule(away)]),
  });
  const LINE = /^only 0 packets of a burst passed loopback: .* the refusal was made there$/;

  it("is no block, and the evidence says where they went", () => {
    const unboundHere = classify(caseOf(look(seen)));
    expect(unboundHere).toMatchObject({ code: "NOT_LISTENING" });
    expect(unboundHere.evidence).toContainEqual(expect.stringMatching(LINE));
    const beside = classify(caseOf(look(seen, { listen: listening() })));
    expect(beside).toMatchObject({ code: "UNKNOWN" });
    expect(beside.evidence).toContainEqual(expect.stringMatching(LINE));
  });

  it("is not spoken of where the connects passed loopback, or the kernel refuses by now", () => {
    const gone = refusal([resetByRule({ at: moment(500), ...away }), burst()]);
    const byKernel = explained(failed("refused", { refusedBy: "kernel" }), { refusal: gone });
    for (const path of [REJECTED, byKernel]) {
      expect(classify(caseOf(look(path))).evidence).not.toContainEqual(expect.stringMatching(/passed loopback/));
    }
  });
});

describe("a rule that refuses", () => {
  const icmp = refusal([icmpByRule({ at: moment(500) }), icmpByRule()]);
  const timedOut = (overflows: number | null, listen = listening()) => {
    const timeout = vanished({ queueOverflows: overflows });
    return classify(caseOf(look(explained(failed("timeout"), { refusal: icmp, timeout, canary: "ok" }), { listen })));
  };

  it("is REJECTED beside a socket, bound elsewhere, or past the budget", () => {
    expect(classify(caseOf(look(REJECTED, { listen: listening() })))).toMatchObject({
      code: "REJECTED",
      summary: "a rule, not the kernel, refuses connections to 127.0.0.1:9000, though a socket listens there",
    });
    expect(classify(caseOf(look(REJECTED, { listen: listening({ address: "10.0.0.1" }) }))).code).toBe("REJECTED");
    expect(classify(following(CRASHES, look(REJECTED, { listen: unbound() }))).code).toBe("REJECTED");
    const late = refusal(
      [resetByRule({ at: moment(OVER_BUDGET.atMs - 20) }), resetByRule({ at: moment(OVER_BUDGET.atMs - 10) })],
      { control: burst({ at: moment(OVER_BUDGET.atMs - 5) }) },
    );
    expect(classify(caseOf(look(explained(refused(), { refusal: late }), OVER_BUDGET))).code).toBe("REJECTED");
  });

  it("is REJECTED by its ICMP, at once or after the deadline of the look", () => {
    expect(classify(caseOf(look(explained(refused(), { refusal: icmp })))).code).toBe("REJECTED");
    expect(timedOut(0).code).toBe("REJECTED");
  });

  it("is REJECTED over IPv6 also in the looks that learn the kind of ICMP before their deadline", () => {
    const inTime = explained(failed("unreachable"), { refusal: icmp, canary: "ok" });
    expect(classify(caseOf(look(at("::1", inTime)))).code).toBe("REJECTED");
    expect(classify(caseOf(look(inTime))).code).toBe("UNREACHABLE");
  });

  it("is not claimed of a time-out beside a queue that is or may be full", () => {
    expect(timedOut(2, listening({ acceptQueue: 3 })).code).toBe("BACKLOG_FULL");
    expect(timedOut(1, listening({ acceptQueue: 3 })).code).toBe("UNKNOWN");
    expect(timedOut(null).code).toBe("UNKNOWN");
    expect(timedOut(null, unbound()).code).toBe("REJECTED");
  });

  it("is not claimed at an address elsewhere, whatever the counters say", () => {
    expect(classify(caseOf(look(remote(REJECTED)))).code).toBe("REMOTE_UNREACHABLE");
  });

  it("speaks for a name of two addresses only when the other one is not open", () => {
    const code = (other: PathLook, listen = unbound()) =>
      classify(caseOf(look([at("::1", other), REJECTED], { listen }))).code;
    expect(code(refused())).toBe("NOT_LISTENING");
    expect(code(REJECTED)).toBe("REJECTED");
    expect(code(failed("unavailable"))).toBe("REJECTED");
    expect(code(refused(), listening())).toBe("REJECTED");
  });
});

it("takes a link-local address without a zone for no address that a rule or a route could block", () => {
  const seen = failed("unreachable", { errno: "EINVAL" });
  expect(classify(caseOf(look(at("fe80::1", seen)))).code).toBe("UNKNOWN");
  expect(classify(caseOf(look(seen))).code).toBe("UNREACHABLE");
});

describe("a connect without an answer", () => {
  const read = (seen: PathLook, listen = listening()) => classify(caseOf(look(seen, { listen }))).code;
  const gathered = (timeout: Parameters<typeof vanished>[0], canary: "ok" | "failed" | "absent" | null = "ok") =>
    explained(failed("timeout"), { refusal: refusal([]), timeout: vanished(timeout), canary });

  it("is DROPPED with or without a socket", () => {
    expect(read(VANISHED)).toBe("DROPPED");
    expect(read(VANISHED, unbound())).toBe("DROPPED");
  });

  it.each([
    ["the look's own alone", failed("timeout")],
    ["one of two", gathered({ timedOut: 1 })],
    ["one", gathered({ attempts: 1, timedOut: 1 })],
    ["two, with a canary that does not tell", gathered({}, null)],
    ["two, where the canary has no address", gathered({}, "absent")],
    ["two, beside overflows of some queue", gathered({ queueOverflows: 1 })],
    ["two, beside a socket whose queue may be full", gathered({ queueOverflows: null })],
  ])("is UNKNOWN after %s", (_what, seen) => {
    expect(read(seen)).toBe("UNKNOWN");
  });

  it("is DROPPED beside a socket in whose queue something waits: a full one would have been counted", () => {
    expect(read(VANISHED, listening({ acceptQueue: 1 }))).toBe("DROPPED");
    expect(read(gathered({ queueOverflows: null }), listening({ acceptQueue: 1 }))).toBe("UNKNOWN");
  });

  it("is UNKNOWN where nothing listens and the kernel's refusals are what gets lost", () => {
    const lost = refusal([], { control: burst({ refused: 0, resetsSent: 3 }) });
    const icmp = burst({ refused: 0, resetsSent: 3, attemptFails: 0, icmpUnreachable: 3, inodes: [] });
    const refusedOnTheWay = refusal([icmp, icmp], { control: icmp });
    expect(read(explained(VANISHED, { ...VANISHED.proof, refusal: lost }), unbound())).toBe("UNKNOWN");
    expect(read(explained(VANISHED, { ...VANISHED.proof, refusal: refusedOnTheWay }), unbound())).toBe("UNKNOWN");
  });

  it("is UNKNOWN where neither overflows nor sockets are told by a table that is proven", () => {
    const unproven = { ...unbound(), isProven: false };
    expect(read(gathered({ queueOverflows: null }), unproven)).toBe("UNKNOWN");
  });

  it("is UNKNOWN beside counters that nothing proves", () => {
    const unproven = refusal([], { control: burst({ resetsSent: 0 }) });
    expect(read(explained(VANISHED, { ...VANISHED.proof, refusal: unproven }))).toBe("UNKNOWN");
    expect(read(explained(VANISHED, { ...VANISHED.proof, refusal: null }))).toBe("UNKNOWN");
    expect(read(explained(VANISHED, { ...VANISHED.proof, refusal: null }), unbound())).toBe("DROPPED");
  });

  it("is DROPPED where no overflow is told, but no socket has, or had, a queue either", () => {
    const past = look(silent(), { atMs: 500 });
    const untold = look(gathered({ queueOverflows: null }), { listen: unbound() });
    expect(classify(following([past], untold)).code).toBe("UNKNOWN");
    expect(classify(following([past], look(VANISHED, { listen: unbound() }))).code).toBe("DROPPED");
    expect(read(gathered({ queueOverflows: null }), unbound())).toBe("DROPPED");
    expect(read(gathered({ queueOverflows: null }), NO_TABLE)).toBe("UNKNOWN");
  });

  it("is BACKLOG_FULL only beside a queue with something in it that overflowed for each attempt", () => {
    expect(read(OVERFLOWN, listening({ acceptQueue: 3 }))).toBe("BACKLOG_FULL");
    expect(read(OVERFLOWN, listening({ acceptQueue: 0 }))).toBe("UNKNOWN");
    expect(read(gathered({ queueOverflows: 1 }), listening({ acceptQueue: 3 }))).toBe("UNKNOWN");
    expect(read(gathered({ timedOut: 1, queueOverflows: 2 }), listening({ acceptQueue: 3 }))).toBe("BACKLOG_FULL");
  });
});

/** Nothing answers, on the port or on one that nobody has. */
const NO_ANSWER = burst({ refused: 0, resetsSent: 0, attemptFails: 0 });
const GONE = { timeout: vanished(), refusal: refusal([], { control: NO_ANSWER }) };

describe("loopback that is down", () => {
  type Canary = "ok" | "failed" | "absent" | null;
  const alike = refusal([resetByRule()], { control: resetByRule() });
  const code = (seen: PathLook, canary: Canary, proof: Parameters<typeof explained>[1] = {}, listen = listening()) =>
    classify(caseOf(look(explained(seen, { canary, ...proof }), { listen }))).code;

  it.each([
    ["refused", { refusal: alike }],
    ["timeout", GONE],
    ["unreachable", {}],
  ] as const)("is told of a connect that ended with %s", (outcome, proof) => {
    expect(code(failed(outcome), "failed", proof)).toBe("LOOPBACK_DOWN");
    for (const canary of ["ok", "absent", null] as const) {
      expect(code(failed(outcome), canary, proof)).not.toBe("LOOPBACK_DOWN");
    }
  });

  it("is told of a ::1 that is gone with it", () => {
    expect(code(at("::1", failed("unavailable")), "failed")).toBe("LOOPBACK_DOWN");
    expect(code(at("::1", failed("unavailable")), "ok")).toBe("BOUND_ELSEWHERE");
  });

  it("says nothing of a port of the pod's own address that nobody has bound", () => {
    const seen = at("10.42.0.7", explained(refused(), { refusal: alike, canary: "failed" }));
    expect(classify(caseOf(look(seen, { listen: unbound() }))).code).toBe("NOT_LISTENING");
  });

  it("is told of a refusal only when the control is refused alike: a rule may let just some ports pass", () => {
    const read = (control: TargetBurst | null, last = resetByRule()) =>
      code(refused(), "failed", { refusal: refusal([last], { control }) }, unbound());
    expect(read(resetByRule())).toBe("LOOPBACK_DOWN");
    expect(read(resetByRule(), burst())).toBe("NOT_LISTENING");
    expect(read(burst(), burst())).toBe("NOT_LISTENING");
    expect(read(burst())).toBe("NOT_LISTENING");
    expect(read(resetByRule({ refused: 0 }))).toBe("NOT_LISTENING");
    expect(read(resetByRule({ at: moment(9000) }))).toBe("NOT_LISTENING");
    expect(read(null)).toBe("NOT_LISTENING");
    const stuck = resetByRule({ attemptFails: 0 });
    expect(read(stuck, stuck)).toBe("NOT_LISTENING");
    expect(code(refused(), "failed", {}, unbound())).toBe("NOT_LISTENING");
  });

  it("is not told of a time-out beside a queue that is or may be full", () => {
    const withOverflows = (queueOverflows: number | null) => ({ ...GONE, timeout: vanished({ queueOverflows }) });
    expect(code(failed("timeout"), "failed", withOverflows(2), listening({ acceptQueue: 3 }))).toBe("BACKLOG_FULL");
    expect(code(failed("timeout"), "failed", withOverflows(null))).toBe("UNKNOWN");
    expect(code(failed("timeout"), "failed", withOverflows(null), unbound())).toBe("LOOPBACK_DOWN");
  });

  it("is not told of a time-out while a port that nobody has is refused", () => {
    expect(code(failed("timeout"), "failed", { ...GONE, refusal: refusal([]) })).toBe("UNKNOWN");
    expect(code(failed("timeout"), "failed", { ...GONE, refusal: null })).toBe("UNKNOWN");
  });
});

describe("a refusal by the kernel beside a socket", () => {
  const read = (bursts: ReturnType<typeof burst>[], listen = listening()) =>
    classify(caseOf(look(explained(refused(), { refusal: refusal(bursts) }), { listen }))).code;
  const [first, last] = BESIDE as [ReturnType<typeof burst>, ReturnType<typeof burst>];

  it("is UNKNOWN until it is seen again, 250 ms later", () => {
    expect(read([last])).toBe("UNKNOWN");
    expect(read([burst({ at: moment(741), inodes: [101] }), last])).toBe("UNKNOWN");
    expect(read([first, last])).toBe("INTERCEPTED");
  });

  it("accuses nobody when another socket listens by now, or none", () => {
    expect(read([first, last], listening({ inode: 102 }))).toBe("UNKNOWN");
    expect(read([first, last], unbound())).toBe("NOT_LISTENING");
    expect(read([first, last], listening({ address: "10.0.0.1" }))).toBe("BOUND_ELSEWHERE");
  });

  it("accuses nobody beside an IPv6 wildcard that ended since", () => {
    const seen = explained(refused(), { refusal: refusal(BESIDE, { trackedConnections: 0 }) });
    expect(classify(caseOf(look(seen, { listen: unbound() }))).code).toBe("NOT_LISTENING");
  });

  it.each([
    [0, "BOUND_ELSEWHERE"],
    [2, "UNKNOWN"],
    [null, "UNKNOWN"],
  ])("beside an IPv6 wildcard and with %s tracked connections is %s", (tracked, code) => {
    expect(classify(inDoubt(tracked)).code).toBe(code);
  });

  it.each([
    [0, "BOUND_ELSEWHERE"],
    [2, "INTERCEPTED"],
    [null, "INTERCEPTED"],
  ])("beside a socket that should serve the address and with %s tracked connections is %s", (tracked, code) => {
    const rows: readonly (readonly [asked: string, bound: string])[] = [
      ["127.0.0.1", "0.0.0.0"],
      ["127.0.0.1", "127.0.0.1"],
      ["::1", "::"],
    ];
    for (const [asked, bound] of rows) {
      expect(classify(beside(asked, tracked, listening({ address: bound }))).code).toBe(code);
    }
  });

  it("says what the socket is bound for as far as other addresses show it", () => {
    const summary = (bound: string, ...others: PathLook[]) =>
      classify(beside("127.0.0.1", 0, listening({ address: bound }), others)).summary;
    const other = (seen: PathLook) => at("::1", seen, { role: "evidence" });
    const connected = answered("ready", {}).connect;
    expect(summary("0.0.0.0")).toContain(" (perhaps for one device alone), ");
    expect(summary("::")).toContain(" (perhaps for IPv6 or one device alone), ");
    expect(summary("::", other(refused()))).toContain(" (perhaps for IPv6 or one device alone), ");
    expect(summary("::", other({ ...refused(), connect: connected }))).toContain(" for IPv6 alone, ");
  });

  it("is INTERCEPTED on ::1, which every wildcard of IPv6 serves", () => {
    const seen = at("::1", explained(refused(), { refusal: refusal(BESIDE) }));
    expect(classify(caseOf(look(seen, DOUBTFUL))).code).toBe("INTERCEPTED");
  });

  it("knows a set of SO_REUSEPORT sockets by all of its inodes", () => {
    const set = { inodes: [101, 102] };
    const bursts = [burst({ at: moment(700), ...set }), burst(set)];
    expect(read(bursts, listening({ inode: 102 }, { inode: 101 }))).toBe("INTERCEPTED");
    expect(read(bursts, listening({ inode: 102 }))).toBe("UNKNOWN");
  });
});

describe("a connect to nobody", () => {
  const closed = answered("closed");

  it("is told when it goes on for 250 ms, whatever came back", () => {
    expect(classify(connectedToNobody(silent(), 500, 740)).code).toBe("STARTING_UP");
    expect(classify(connectedToNobody(silent(), 500, 750)).code).toBe("INTERCEPTED");
    expect(classify(connectedToNobody(answered("error"), 500, 750)).code).toBe("INTERCEPTED");
  });

  it("begins anew with a look that does not connect, and with a socket that serves the address", () => {
    const [one, other] = [look(silent(), { atMs: 500, listen: unbound() }), look(silent(), { listen: unbound() })];
    expect(classify(following([one, look(refused(), { atMs: 600 })], other)).code).toBe("STARTING_UP");
    expect(classify(following([one, look(silent(), { atMs: 600 })], other)).code).toBe("STARTING_UP");
  });

  it("is told beside sockets that serve other addresses", () => {
    const listen = listening({ address: "10.42.0.7" });
    const looks = [100, 700, 1300].map((atMs) => look(silent(), { atMs, listen }));
    const last = look(silent(), { atMs: 1400, listen });
    expect(classify(following(looks, last)).code).toBe("INTERCEPTED");
  });

  it("needs a second where a server that ends at each connect may be there for moments", () => {
    expect(classify(connectedToNobody(closed, 500, 1000)).code).toBe("RESET");
    expect(classify(connectedToNobody(closed, 500, 1000, 1500)).code).toBe("INTERCEPTED");
    const bound = look(silent(), { atMs: 100 });
    const looks = [500, 1000].map((atMs) => look(silent(), { atMs, listen: unbound() }));
    expect(classify(following([bound, ...looks], look(silent(), { atMs: 1400, listen: unbound() }))).code).toBe(
      "STARTING_UP",
    );
    expect(classify(following([bound, ...looks], look(silent(), { atMs: 1500, listen: unbound() }))).code).toBe(
      "INTERCEPTED",
    );
  });

  it("is not told by a connection that was closed late: its server may have ended in the meantime", () => {
    const looks = [100, 600, 1100].map((atMs) => look(closed, { atMs, listen: unbound(), tookMs: 90 }));
    expect(classify(following(looks, look(closed, { atMs: 1600, listen: unbound(), tookMs: 90 }))).code).toBe("RESET");
  });

  it("is not told by a table that does not show the gate's own sockets, nor of an address elsewhere", () => {
    const unproven = { ...unbound(), isProven: false } as const;
    const past = look(silent(), { atMs: 100, listen: unproven });
    expect(classify(following([past], look(silent(), { listen: unproven }))).code).toBe("STARTING_UP");
    const elsewhere = (atMs: number) => look(remote(silent()), { atMs, listen: unbound() });
    expect(classify(following([elsewhere(100)], elsewhere(1000))).code).toBe("STARTING_UP");
  });
});
