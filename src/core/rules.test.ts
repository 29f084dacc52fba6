import { describe, expect, it } from "vitest";
import { caseOf, following } from "../../test/support/cases.ts";
import {
  answered,
  at,
  burst,
  explained,
  failed,
  grpcTarget,
  listening,
  look,
  moment,
  NO_TABLE,
  POLICY,
  rcloneTarget,
  refusal,
  refused,
  remote,
  resetByRule,
  silent,
  skipped,
  unbound,
  vanished,
} from "../../test/support/looks.ts";
import { classify } from "./classify.ts";
import { type Case, factsOf } from "./facts.ts";
import type { Look, PathLook } from "./observation.ts";
import { RULES } from "./rules.ts";
import type { VerdictCode } from "./verdict-table.ts";

const OVER_BUDGET = { atMs: POLICY.startupBudgetMs + 1 };
const WITHOUT_TABLE = { listen: NO_TABLE };
/** Wildcards of IPv6, which may or may not serve IPv4. */
const DOUBTFUL = { listen: listening({ address: "::" }) };

const ANSWERED = look(answered("not-ready"), { atMs: 500 });
const SETTINGS_ONLY = { code: "SETTINGS_ONLY" };

/** Four sockets one after another, each at its own look: three restarts. */
const CRASHES = [1, 2, 3, 4].map((inode) => look(silent(), { atMs: 100 * inode, listen: listening({ inode }) }));

/** Refused by a rule that sends resets, before anything is bound. */
const REJECTED = explained(refused(), { refusal: refusal([resetByRule({ at: moment(500) }), resetByRule()]) });
const BESIDE = [burst({ at: moment(700), inodes: [101] }), burst({ inodes: [101] })];
/** Refused by the kernel though a socket listens, seen twice. */
const REDIRECTED = explained(refused(), { refusal: refusal(BESIDE) });
const VANISHED = explained(failed("timeout"), { refusal: refusal([]), timeout: vanished(), canary: "ok" });
const OVERFLOWN = explained(failed("timeout"), { timeout: vanished({ queueOverflows: 2 }), canary: "ok" });
/** Nothing answers, not even on a port that nobody has. */
const NO_ANSWER = burst({ refused: 0, resetsSent: 0, attemptFails: 0 });
const FULL_QUEUE = { listen: listening({ acceptQueue: 3 }) };

function inDoubt(trackedConnections: number | null): Case {
  return caseOf(look(explained(refused(), { refusal: refusal(BESIDE, { trackedConnections }) }), DOUBTFUL));
}

/** Connected at each of these moments, though the table shows nobody. */
function connectedToNobody(seen: PathLook, ...atMs: readonly number[]): Case {
  const looks = atMs.map((ms) => look(seen, { atMs: ms, listen: unbound() }));
  const [last, ...earlier] = looks.toReversed();
  if (last === undefined) throw new Error("no look");
  return following(earlier.toReversed(), last);
}

/** One minimal look for each rule, in the order of the rules, with its verdict and summary. */
const ONE_FOR_EACH_RULE: readonly (readonly [string, Case, VerdictCode, string])[] = [
  ["a ready answer", caseOf(look(answered("ready"))), "READY", "127.0.0.1:9000 answers and is ready"],
  [
    "a socket that is replaced again and again",
    following(CRASHES, look(silent(), { listen: listening({ inode: 4 }) })),
    "RESTARTING",
    "the server on 127.0.0.1:9000 restarts again and again",
  ],
  [
    "a ready answer with models pending",
    caseOf(look(answered("ready", { modelsPending: ["iris", "mnist"] }))),
    "NOT_READY",
    "127.0.0.1:9000 is ready, but not yet its models iris, mnist",
  ],
  [
    "an answer that says not ready",
    caseOf(look(answered("not-ready"))),
    "NOT_READY",
    "127.0.0.1:9000 answers HTTP_400: not ready",
  ],
  [
    "connects to nobody, look after look",
    connectedToNobody(answered("no-such-endpoint"), 500, 1000),
    "INTERCEPTED",
    "something accepts connections to 127.0.0.1:9000 though nothing listens there",
  ],
  [
    "an endpoint that is not there",
    caseOf(look(answered("no-such-endpoint"))),
    "NO_SUCH_ENDPOINT",
    "127.0.0.1:9000 has no GET /v2/health/ready: HTTP_404",
  ],
  [
    "bytes of another protocol",
    caseOf(look(answered("wrong-protocol"))),
    "WRONG_PROTOCOL",
    "127.0.0.1:9000 does not speak http: HPE_INVALID_CONSTANT",
  ],
  [
    "a certificate that does not verify",
    caseOf(look(answered("tls"))),
    "TLS_MISMATCH",
    "127.0.0.1:9000: TLS does not match: CERT_HAS_EXPIRED",
  ],
  [
    "an answer that is an error",
    caseOf(look(answered("error"))),
    "ERRORING",
    "127.0.0.1:9000 answers with an error: HTTP_500",
  ],
  [
    "a connection closed before an answer",
    caseOf(look(answered("closed"))),
    "RESET",
    "127.0.0.1:9000 ends the connection without an answer: ECONNRESET",
  ],
  [
    "an answer that says neither",
    caseOf(look(answered("other"))),
    "UNKNOWN",
    "127.0.0.1:9000 answers HTTP_401, which says neither ready nor not ready",
  ],
  [
    "silence of a server that had answered",
    following([ANSWERED], look(silent())),
    "HUNG",
    "127.0.0.1:9000 answered before, and now accepts connections, but does not answer",
  ],
  [
    "silence of a server that never answered",
    caseOf(look(silent())),
    "STARTING_UP",
    "127.0.0.1:9000 accepts connections, but does not answer yet",
  ],
  [
    "a file that the question needs and that cannot be read",
    caseOf(look(answered("unasked"))),
    "LOCAL_LIMIT",
    "the gate itself cannot ask 127.0.0.1:9000: ENOENT",
  ],
  [
    "no file descriptor left",
    caseOf(look(failed("unavailable", { errno: "EMFILE" }))),
    "LOCAL_LIMIT",
    "the gate itself cannot connect to 127.0.0.1:9000: EMFILE",
  ],
  [
    "an address elsewhere that refuses",
    caseOf(look(remote(refused()))),
    "REMOTE_UNREACHABLE",
    "10.42.1.7:9000 is outside this network namespace: refused",
  ],
  [
    "a refusal without a reset of the kernel's",
    caseOf(look(REJECTED)),
    "REJECTED",
    "a rule, not the kernel, refuses connections to 127.0.0.1:9000",
  ],
  [
    "a connect that is not permitted",
    caseOf(look(failed("denied"))),
    "DENIED",
    "the kernel forbids the connect to 127.0.0.1:9000: EPERM",
  ],
  [
    "a loopback over which not even the gate reaches itself",
    caseOf(
      look(
        explained(failed("timeout"), {
          refusal: refusal([], { control: NO_ANSWER }),
          timeout: vanished(),
          canary: "failed",
        }),
      ),
    ),
    "LOOPBACK_DOWN",
    "not even the gate's own listener is reached over loopback, and 127.0.0.1:9000 is not either",
  ],
  [
    "no way to the address",
    caseOf(look(explained(failed("unreachable"), { canary: "ok" }))),
    "UNREACHABLE",
    "there is no way to 127.0.0.1:9000: EHOSTUNREACH",
  ],
  [
    "time-outs beside a full queue",
    caseOf(look(OVERFLOWN, FULL_QUEUE)),
    "BACKLOG_FULL",
    "the accept queue of 127.0.0.1:9000 is full: the server does not accept",
  ],
  [
    "connects that vanish",
    caseOf(look(VANISHED, { listen: listening() })),
    "DROPPED",
    "connects to 127.0.0.1:9000 vanish without an answer, though a socket listens there",
  ],
  [
    "a port bound on another address",
    caseOf(look(refused(), { listen: listening({ address: "10.42.1.7" }) })),
    "BOUND_ELSEWHERE",
    "the port is bound on 10.42.1.7:9000, which does not serve 127.0.0.1",
  ],
  [
    "an address of IPv6 that does not exist",
    caseOf(look(at("::1", failed("unavailable")))),
    "BOUND_ELSEWHERE",
    "the address ::1 does not exist here: IPv6 is off",
  ],
  [
    "a wildcard that turns out to be for IPv6 alone",
    inDoubt(0),
    "BOUND_ELSEWHERE",
    "the port is bound on [::]:9000 (perhaps for IPv6 or one device alone), which does not serve 127.0.0.1",
  ],
  [
    "a refusal by the kernel beside the same socket",
    caseOf(look(REDIRECTED, { listen: listening() })),
    "INTERCEPTED",
    "the kernel refuses connections to 127.0.0.1:9000 beside the socket that listens there",
  ],
  [
    "a port that was bound and is not",
    following([look(silent(), { atMs: 500 })], look(refused())),
    "STOPPED_LISTENING",
    "nothing listens on 127.0.0.1:9000 any more",
  ],
  [
    "a port not bound within the budget",
    caseOf(look(refused(), OVER_BUDGET)),
    "NEVER_LISTENED",
    "nothing has ever listened on 127.0.0.1:9000, and the start-up budget is used up",
  ],
  ["a port not bound yet", caseOf(look(refused())), "NOT_LISTENING", "nothing listens on 127.0.0.1:9000 yet"],
  [
    "anything else",
    caseOf(look(failed("timeout"), { listen: listening() })),
    "UNKNOWN",
    "127.0.0.1:9000: connect ended with timeout, though a socket listens there",
  ],
];

describe("the table of rules", () => {
  it.each(ONE_FOR_EACH_RULE)("reads %s", (_what, situation, code, summary) => {
    expect(classify(situation)).toMatchObject({ code, summary });
  });

  it("has one of these cases for each of its rules", () => {
    const decided = ONE_FOR_EACH_RULE.map(([, situation]) => {
      const [path] = situation.look.paths;
      if (path === undefined) throw new Error("a case without a path");
      return RULES.findIndex((rule) => rule.applies(factsOf(situation, path)));
    });
    expect(decided).toEqual(RULES.map((_rule, index) => index));
  });

  it.each([
    ["HTTP 503", caseOf(look(answered("not-ready", { code: "HTTP_503" }))), "NOT_READY"],
    ["a TCP connect", caseOf(look(answered("ready", { code: "TCP_CONNECTED" })), { target: rcloneTarget() }), "READY"],
    [
      "NOT_SERVING",
      caseOf(look(answered("not-ready", { code: "NOT_SERVING" })), { target: grpcTarget() }),
      "NOT_READY",
    ],
    ["a reset during the connect", caseOf(look(failed("reset"))), "RESET"],
    ["a time-out elsewhere", caseOf(look(remote(failed("timeout")))), "REMOTE_UNREACHABLE"],
    ["silence elsewhere", caseOf(look(remote(silent()))), "STARTING_UP"],
    ["a time-out with nothing bound", caseOf(look(failed("timeout"), { listen: unbound() })), "UNKNOWN"],
    ["a refusal beside a covering socket", caseOf(look(refused(), { listen: listening() })), "UNKNOWN"],
    ["a refusal with an IPv6 wildcard", caseOf(look(refused(), DOUBTFUL)), "UNKNOWN"],
    ["a refusal without a table", caseOf(look(refused(), WITHOUT_TABLE)), "NOT_LISTENING"],
    ["an ephemeral port not bound yet", caseOf(look(skipped("ephemeral-port"))), "NOT_LISTENING"],
    ["an ephemeral port without a table", caseOf(look(skipped("ephemeral-port"), WITHOUT_TABLE)), "UNKNOWN"],
    ["a port that is closed as it was", caseOf(look({ ...refused(), skipped: "not-listening" })), "NOT_LISTENING"],
    ["a full own share of the queue", caseOf(look(skipped("accept-queue"))), "STARTING_UP"],
    [
      "a queue that is full of connections to another address",
      caseOf(look({ ...refused(), skipped: "accept-queue" }, { listen: listening({ address: "fd00::7" }) })),
      "BOUND_ELSEWHERE",
    ],
    [
      "a time-out of the last connect and a full own share of the queue",
      caseOf(look({ ...failed("timeout"), skipped: "accept-queue" })),
      "STARTING_UP",
    ],
    ["the same after an answer", following([ANSWERED], look(skipped("accept-queue"))), "HUNG"],
    ["SETTINGS and no answer", caseOf(look(silent(SETTINGS_ONLY)), { target: grpcTarget() }), "STARTING_UP"],
  ] as const)("reads %s as it should", (_what, situation, code) => {
    expect(classify(situation).code).toBe(code);
  });

  it("says in the summary that an HTTP/2 server which answers no call is busy", () => {
    expect(classify(caseOf(look(silent(SETTINGS_ONLY)), { target: grpcTarget() })).summary).toMatch(/busy event loop/);
  });

  it("names each address once where several sockets share it", () => {
    const shared = listening({ address: "10.0.0.2", inode: 2 }, { address: "10.0.0.1" }, { address: "10.0.0.2" });
    const { summary } = classify(caseOf(look(refused(), { listen: shared })));
    expect(summary).toBe("the port is bound on 10.0.0.1:9000 and 10.0.0.2:9000, which does not serve 127.0.0.1");
  });
});

describe("a limit of the gate's own", () => {
  it.each(["EMFILE", "ENFILE", "ENOBUFS", "EADDRNOTAVAIL"])("is LOCAL_LIMIT: %s on 127.0.0.1", (errno) => {
    expect(classify(caseOf(look(failed("unavailable", { errno })))).code).toBe("LOCAL_LIMIT");
  });

  it("is told of a file that cannot be read, not of an answer", () => {
    const { evidence } = classify(caseOf(look(answered("unasked", { message: "cannot read /ca.pem" }))));
    expect(evidence).toContainEqual(expect.stringMatching(/: not asked \(ENOENT\): cannot read \/ca\.pem$/));
  });

  it("is LOCAL_LIMIT on ::1 too, but for the address that is missing", () => {
    const code = (errno: string) => classify(caseOf(look(at("::1", failed("unavailable", { errno }))))).code;
    expect(["EMFILE", "EADDRNOTAVAIL"].map(code)).toEqual(["LOCAL_LIMIT", "BOUND_ELSEWHERE"]);
  });
});

describe("a server that restarts again and again", () => {
  const restarts = (...atMs: readonly number[]) =>
    atMs.map((ms, index) => look(silent(), { atMs: ms, listen: listening({ inode: index + 1 }) }));
  const code = (earlier: readonly Look[], seen: Look) => classify(following(earlier, seen)).code;
  const MINUTE = 60_000;

  it("is RESTARTING while it is away, starts, or says not ready, but not when it is ready or errs", () => {
    const last = { listen: listening({ inode: 4 }) };
    expect(code(CRASHES, look(refused(), { listen: unbound() }))).toBe("RESTARTING");
    expect(code(CRASHES, look(silent(), last))).toBe("RESTARTING");
    expect(code(CRASHES, look(answered("not-ready"), last))).toBe("RESTARTING");
    expect(code(CRASHES, look(answered("ready"), last))).toBe("READY");
    expect(code(CRASHES, look(answered("error"), last))).toBe("ERRORING");
  });

  it("takes three restarts", () => {
    expect(code(CRASHES.slice(0, 3), look(refused(), { listen: unbound() }))).toBe("STOPPED_LISTENING");
  });

  it("is over after ten minutes of rest", () => {
    const calm = look(refused(), { atMs: 400 + 10 * MINUTE, listen: unbound() });
    expect(code(CRASHES, calm)).toBe("STOPPED_LISTENING");
    expect(code(CRASHES, look(refused(), { atMs: 399 + 10 * MINUTE, listen: unbound() }))).toBe("RESTARTING");
  });

  it("does not count restarts from before a rest", () => {
    const now = look(refused(), { atMs: 21 * MINUTE, listen: unbound() });
    expect(code(restarts(0, 1, 2 * MINUTE, 20 * MINUTE), now)).toBe("STOPPED_LISTENING");
    expect(code(restarts(0, MINUTE, 8 * MINUTE, 15 * MINUTE), now)).toBe("RESTARTING");
  });

  it("does not count a set of sockets that is renewed one by one", () => {
    const looks = [1, 2, 3, 4, 5].map((inode) =>
      look(silent(), { atMs: 100 * inode, listen: listening({ inode }, { inode: inode + 1 }) }),
    );
    expect(code(looks, look(refused(), { listen: unbound() }))).toBe("STOPPED_LISTENING");
  });
});
