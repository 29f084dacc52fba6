import { describe, expect, it } from "vitest";
import {
  answered,
  at,
  failed,
  grpcTarget,
  httpTarget,
  listening,
  look,
  moment,
  NO_TABLE,
  POLICY,
  rcloneTarget,
  refused,
  remote,
  START,
  silent,
  skipped,
  unbound,
  unresolved,
} from "../../test/support/looks.ts";
import { classify } from "./classify.ts";
import { type Case, factsOf } from "./facts.ts";
import { NO_MEMORY, rememberLook } from "./memory.ts";
import type { Look } from "./observation.ts";
import { RULES } from "./rules.ts";
import { classOf, type VerdictCode } from "./verdict-table.ts";

const OVER_BUDGET = { atMs: POLICY.startupBudgetMs + 1 };

function caseOf(seen: Look, overrides: Partial<Case> = {}): Case {
  return { target: httpTarget(), look: seen, memory: NO_MEMORY, policy: POLICY, startedAt: START, ...overrides };
}

/** The look, after these earlier ones. */
function following(earlier: readonly Look[], seen: Look, overrides: Partial<Case> = {}): Case {
  return caseOf(seen, { memory: earlier.reduce(rememberLook, NO_MEMORY), ...overrides });
}

const ANSWERED = look(answered("not-ready"), { atMs: 500 });
const SETTINGS_ONLY = { code: "SETTINGS_ONLY" };

/** One minimal look for each rule, in the order of the rules, with its verdict and summary. */
const ONE_FOR_EACH_RULE: readonly (readonly [string, Case, VerdictCode, string])[] = [
  ["a ready answer", caseOf(look(answered("ready"))), "READY", "127.0.0.1:9000 answers and is ready"],
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
    "127.0.0.1:9000 closes the connection without an answer: ECONNRESET",
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
    "no file descriptor left",
    caseOf(look(failed("unavailable", { errno: "EMFILE" }))),
    "LOCAL_LIMIT",
    "the gate is out of file descriptors and cannot look at 127.0.0.1:9000",
  ],
  [
    "an address elsewhere that refuses",
    caseOf(look(remote(refused()))),
    "REMOTE_UNREACHABLE",
    "10.42.1.7:9000 is outside this network namespace: refused",
  ],
  [
    "a port bound on another address",
    caseOf(look(refused(), { listen: listening({ address: "10.42.1.7" }) })),
    "BOUND_ELSEWHERE",
    "the port is bound on 10.42.1.7:9000, which does not serve 127.0.0.1",
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
    ["ENFILE", caseOf(look(failed("unavailable", { errno: "ENFILE" }))), "LOCAL_LIMIT"],
    ["a time-out elsewhere", caseOf(look(remote(failed("timeout")))), "REMOTE_UNREACHABLE"],
    ["silence elsewhere", caseOf(look(remote(silent()))), "STARTING_UP"],
    ["a time-out with nothing bound", caseOf(look(failed("timeout"), { listen: unbound() })), "UNKNOWN"],
    ["a forbidden connect", caseOf(look(failed("denied"))), "UNKNOWN"],
    ["no route", caseOf(look(failed("unreachable"))), "UNKNOWN"],
    ["a refusal beside a covering socket", caseOf(look(refused(), { listen: listening() })), "UNKNOWN"],
    ["a refusal with an IPv6 wildcard", caseOf(look(refused(), { listen: listening({ address: "::" }) })), "UNKNOWN"],
    ["a refusal without a table", caseOf(look(refused(), { listen: NO_TABLE })), "NOT_LISTENING"],
    ["an ephemeral port not bound yet", caseOf(look(skipped("ephemeral-port"))), "NOT_LISTENING"],
    ["an ephemeral port without a table", caseOf(look(skipped("ephemeral-port"), { listen: NO_TABLE })), "UNKNOWN"],
    ["a port that is closed as it was", caseOf(look({ ...refused(), skipped: "not-listening" })), "NOT_LISTENING"],
    ["a full own share of the queue", caseOf(look(skipped("accept-queue"))), "STARTING_UP"],
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

describe("the past of a target", () => {
  it("calls silence HUNG for as long as the socket is the one that answered", () => {
    const other = look(silent(), { listen: listening({ inode: 999 }) });
    expect(classify(following([ANSWERED], look(silent()))).code).toBe("HUNG");
    expect(classify(following([ANSWERED], other)).code).toBe("STARTING_UP");
  });

  it("calls silence STARTING_UP when the port was closed in between, even without a LISTEN table", () => {
    const without = { listen: NO_TABLE };
    const past = [look(answered("ready"), { ...without, atMs: 1 }), look(refused(), { ...without, atMs: 2 })];
    expect(classify(following(past, look(silent(), without))).code).toBe("STARTING_UP");
    expect(classify(following(past.slice(0, 1), look(silent(), without))).code).toBe("HUNG");
  });

  it("goes on calling silence HUNG after a name that did not resolve for a while", () => {
    const without = { listen: NO_TABLE };
    const past = [look(answered("ready"), { ...without, atMs: 1 }), unresolved("EAI_AGAIN", { atMs: 2 })];
    expect(classify(following(past, look(silent(), without))).code).toBe("HUNG");
  });

  it("keeps HUNG when one socket of a SO_REUSEPORT set is replaced", () => {
    const two = look(answered("ready"), { atMs: 1, listen: listening({ inode: 1 }, { inode: 2 }) });
    const now = look(silent(), { listen: listening({ inode: 2 }, { inode: 3 }) });
    expect(classify(following([two], now)).code).toBe("HUNG");
  });

  it("calls a server that stopped listening so past the budget too", () => {
    const past = [look(silent(), { atMs: 500 })];
    expect(classify(following(past, look(refused(), OVER_BUDGET))).code).toBe("STOPPED_LISTENING");
  });

  it("takes a connect for a bind where there is no table", () => {
    const past = [look(answered("ready"), { atMs: 500, listen: NO_TABLE })];
    expect(classify(following(past, look(refused(), { listen: NO_TABLE }))).code).toBe("STOPPED_LISTENING");
  });

  it("gives a server all of its budget", () => {
    const last = look(refused(), { atMs: POLICY.startupBudgetMs });
    expect(classify(caseOf(last)).code).toBe("NOT_LISTENING");
  });
});

describe("a host with several addresses", () => {
  const localhost = httpTarget({ host: "localhost" });
  const code = (...paths: Parameters<typeof look>[0][]) =>
    classify(caseOf(look(paths.flat(), { listen: listening() }), { target: localhost })).code;

  it("is ready when any of them is", () => {
    expect(code(at("::1", refused()), answered("ready"))).toBe("READY");
    expect(code(answered("error"), at("::1", answered("ready")))).toBe("READY");
  });

  it("is not made ready by a path that is there for evidence", () => {
    expect(code(silent(), at("10.42.1.7", answered("ready"), { role: "evidence" }))).toBe("STARTING_UP");
  });

  it("is judged by the address on which the server got furthest", () => {
    expect(code(silent(), at("::1", refused()))).toBe("STARTING_UP");
    expect(code(skipped("accept-queue"), at("::1", refused()))).toBe("STARTING_UP");
    expect(code(answered("not-ready"), at("::1", answered("wrong-protocol")))).toBe("NOT_READY");
  });

  it("is judged by the worst of equals", () => {
    expect(code(answered("not-ready"), at("::1", answered("error")))).toBe("ERRORING");
  });

  it("starts slowly on one address, though the machine has no IPv6", () => {
    const seen = look([refused(), at("::1", failed("unavailable"))]);
    expect(classify(caseOf(seen, { target: localhost })).code).toBe("NOT_LISTENING");
  });
});

describe("a name that does not resolve", () => {
  it("is NAME_UNRESOLVED with the code in its evidence", () => {
    const reading = classify(caseOf(unresolved("EAI_AGAIN"), { target: httpTarget({ host: "model.example" }) }));
    expect(reading).toEqual({
      code: "NAME_UNRESOLVED",
      summary: "the host name model.example does not resolve",
      evidence: ["looking up model.example failed: EAI_AGAIN"],
    });
  });

  it("is NAME_UNRESOLVED when it stands for no address", () => {
    const reading = classify(caseOf(look([], { listen: NO_TABLE })));
    expect(reading).toMatchObject({ code: "NAME_UNRESOLVED", evidence: ["looking up 127.0.0.1 gave no address"] });
  });
});

describe("evidence", () => {
  it("lists what each layer showed, from the lowest up", () => {
    const bound = listening({ address: "::", inode: 21_641, acceptQueue: 2 }, { address: "10.42.1.7", inode: 7 });
    const situation = caseOf(look(answered("error", { message: "boom" }), { listen: bound }));
    expect(classify(situation).evidence).toEqual([
      "listening on [::]:9000 since 2026-11-24T12:00:01.000Z, inode 21641, uid 1000, 2 in its accept queue",
      "listening on 10.42.1.7:9000 since 2026-11-24T12:00:01.000Z, inode 7, uid 1000, not on 127.0.0.1",
      "connected to 127.0.0.1:9000 in 0.25 ms",
      "GET /v2/health/ready: HTTP_500 after 3 ms: boom",
    ]);
  });

  it("lists the other ports that listen when the asked one does not", () => {
    expect(classify(caseOf(look(refused(), { listen: unbound(8080, 9500) }))).evidence).toEqual([
      "no socket listens on port 9000",
      "other ports that listen: 8080, 9500",
      "connect to 127.0.0.1:9000: refused (ECONNREFUSED) after 0.25 ms, refused by: unknown",
    ]);
  });

  it("shows since when a port was bound that is not any more", () => {
    const { evidence } = classify(following([look(silent(), { atMs: 500 })], look(refused())));
    expect(evidence).toContain("the port was first seen bound at 2026-11-24T12:00:00.500Z");
  });

  it("shows that a hung server had answered", () => {
    const { evidence } = classify(following([ANSWERED], look(silent())));
    expect(evidence.at(-1)).toMatch(/has answered since its socket was bound, .* 2026-11-24T12:00:00\.500Z$/);
  });

  it("shows the budget that is used up", () => {
    const { evidence } = classify(caseOf(look(refused(), { atMs: 601_000 })));
    expect(evidence.at(-1)).toBe("watched for 10m1s; the start-up budget is 10m");
  });

  it("shows the models that are not ready", () => {
    const { evidence } = classify(caseOf(look(answered("ready", { modelsPending: ["iris"] }))));
    expect(evidence.at(-1)).toBe("models not ready: iris");
  });

  it("says why the LISTEN table says nothing", () => {
    const [local] = classify(caseOf(look(refused(), { listen: NO_TABLE }))).evidence;
    const [elsewhere] = classify(caseOf(look(remote(refused())))).evidence;
    expect(local).toBe("the table of listening sockets cannot be read here");
    expect(elsewhere).toBe("10.42.1.7 is not an address of this network namespace");
  });

  it.each([
    ["ephemeral-port", /was not connected to: the port is in the ephemeral range/],
    ["accept-queue", /was not connected to anew: earlier connections/],
  ] as const)("says why nothing was connected to: %s", (reason, line) => {
    expect(classify(caseOf(look(skipped(reason)))).evidence).toContainEqual(expect.stringMatching(line));
  });

  it("stays short however many sockets share the port", () => {
    const crowd = Array.from({ length: 1000 }, (_, index) => ({ inode: index + 1 }));
    const { evidence } = classify(caseOf(look(silent(), { listen: listening(...crowd) })));
    expect(evidence.length).toBeLessThan(16);
    expect(evidence).toContain("992 more sockets listen on port 9000");
  });
});

it("has no rule in the class network-block yet: nothing seen so far proves one", () => {
  expect(RULES.filter((rule) => classOf(rule.code) === "network-block")).toEqual([]);
});

it("counts the start-up budget from the start of the gate", () => {
  const early = caseOf(look(refused()), { startedAt: moment(-POLICY.startupBudgetMs) });
  expect(classify(early).code).toBe("NEVER_LISTENED");
});
