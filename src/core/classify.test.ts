import { describe, expect, it } from "vitest";
import { caseOf, following } from "../../test/support/cases.ts";
import {
  answered,
  at,
  failed,
  httpTarget,
  listening,
  look,
  moment,
  NO_TABLE,
  POLICY,
  refused,
  remote,
  silent,
  skipped,
  unbound,
  unresolved,
} from "../../test/support/looks.ts";
import { classify } from "./classify.ts";

const OVER_BUDGET = { atMs: POLICY.startupBudgetMs + 1 };

const ANSWERED = look(answered("not-ready"), { atMs: 500 });

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

it("counts the start-up budget from the start of the gate", () => {
  const early = caseOf(look(refused()), { startedAt: moment(-POLICY.startupBudgetMs) });
  expect(classify(early).code).toBe("NEVER_LISTENED");
});
