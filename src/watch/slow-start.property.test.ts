import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { POLICY } from "../../test/support/looks.ts";
import { playWatch, type SimulatedWatch } from "../../test/support/simulated-gate.ts";
import type { SimulatedRule, SimulatedWorld, Span } from "../../test/support/simulated-namespace.ts";
import type { ServerLife } from "../../test/support/simulated-start.ts";
import { classOf, type VerdictCode } from "../core/verdict-table.ts";

const STARTS = 1000;
const BLOCKS_EACH = 60;
const SEED = 20_261_124;

/** None, a little, or up to a thousand a second. */
const rate = fc.oneof(fc.constant(0), fc.nat(50), fc.nat(1000));
const delay = fc.oneof(fc.nat(60), fc.nat(2000));

/** How a server gets to its last life: it may end early, or bind anew every few milliseconds for a while. */
const arbitraryLives: fc.Arbitrary<readonly ServerLife[]> = fc
  .record({
    starts: fc.array(fc.tuple(delay, delay, delay, delay), { minLength: 1, maxLength: 4 }),
    endsEarly: fc.boolean(),
    rebinds: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat(30)), { maxLength: 60 }) },
    ),
  })
  .map(({ starts, endsEarly, rebinds }) => {
    const lives: ServerLife[] = [];
    let nowMs = 0;
    const live = (bindMs: number, answerMs: number, readyMs: number, endMs: number | null) => {
      lives.push({ bindMs, answerMs, readyMs, endMs });
      nowMs = endMs ?? readyMs;
    };
    for (const [boundForMs, pauseMs] of rebinds) live(nowMs + pauseMs, 1e6, 1e6, nowMs + pauseMs + boundForMs);
    for (const [index, [toBind, toAnswer, toReady, toEnd]] of starts.entries()) {
      const answerMs = nowMs + toBind + toAnswer;
      const endMs = (endsEarly ? nowMs + toBind : answerMs + toReady) + 1 + toEnd;
      live(nowMs + toBind, answerMs, answerMs + toReady, index === starts.length - 1 ? null : endMs);
    }
    return lives;
  });

function arbitrarySpans(maxLength: number, longestMs: number): fc.Arbitrary<readonly Span[]> {
  const span = fc.tuple(fc.nat(8000), fc.nat(longestMs)).map(([fromMs, ms]) => ({ fromMs, untilMs: fromMs + ms }));
  return fc.array(span, { maxLength });
}

function arbitraryRule(does: fc.Arbitrary<SimulatedRule["does"]>, scope: SimulatedRule["scope"]) {
  return fc.record({
    does,
    scope: fc.constant(scope),
    fromMs: fc.nat(4000),
    untilMs: fc.integer({ min: 4000, max: 20_000 }),
  });
}

const arbitraryWorld: fc.Arbitrary<SimulatedWorld> = fc.record({
  lives: arbitraryLives,
  bind: fc.constantFrom("0.0.0.0", "0.0.0.0", "::", "127.0.0.1", "v6only", "10.42.0.7"),
  // A rule that lets the server's port pass, and others not, is no block of it.
  rule: fc.option(
    fc.oneof(
      arbitraryRule(fc.constantFrom("reset", "icmp", "drop", "redirect-dead", "no-route", "forbid"), "others"),
      // One that sends it to a server elsewhere, which is still starting, is none either.
      arbitraryRule(fc.constant("dnat-away"), "port"),
    ),
    { freq: 3 },
  ),
  fullQueue: fc.oneof(fc.constant([]), arbitrarySpans(2, 4000)),
  noDescriptors: fc.oneof(fc.constant([]), arbitrarySpans(3, 1500)),
  hasTable: fc.constantFrom(true, true, true, false),
  counters: fc.constantFrom("move", "move", "move", "stuck", "hidden"),
  noise: fc.record({ resets: rate, icmp: rate, overflows: fc.oneof(fc.constant(0), fc.nat(20)) }),
  seed: fc.nat(2 ** 31),
});

/** From here on the last server would be ready, if it were bound where the target looks. */
function readyMs({ lives }: SimulatedWorld): number {
  return lives.at(-1)?.readyMs ?? 0;
}

const arbitraryStart: fc.Arbitrary<SimulatedWatch> = fc
  .record({
    world: arbitraryWorld,
    openOn: fc.constantFrom("live" as const, "ready" as const),
    startupBudgetMs: fc.constantFrom(1000, 600_000),
    stalls: fc.array(fc.record({ atMs: fc.nat(8000), ms: fc.integer({ min: 20, max: 5000 }) }), { maxLength: 3 }),
  })
  .map(({ world, stalls, ...policy }) => ({
    world,
    policy: { ...POLICY, ...policy },
    untilMs: readyMs(world) + 2500,
    stalls: stalls.toSorted((one, other) => one.atMs - other.atMs),
  }));

describe("a slow start, with all that gathers evidence", { timeout: 120_000 }, () => {
  it(`is never called a network block in ${STARTS} random starts`, async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryStart, async (watch) => {
        const { transitions } = await playWatch(watch);
        expect(transitions.map(({ verdict }) => verdict).filter((one) => one.class === "network-block")).toEqual([]);
      }),
      { numRuns: STARTS, seed: SEED },
    );
  });
});

interface Blocked {
  readonly watch: SimulatedWatch;
  readonly rule: SimulatedRule;
}

/** What hides all evidence is left out; the noise is not. */
const CALM = { fullQueue: [], noDescriptors: [], hasTable: true, counters: "move", bind: "0.0.0.0" } as const;

function watchOf(world: SimulatedWorld, rule: SimulatedRule): Blocked {
  // The gate is never open: from then on thresholds decide how many looks it takes.
  const policy = { ...POLICY, openOn: "ready" as const };
  const noise = { ...world.noise, overflows: 0 };
  return {
    rule,
    watch: { world: { ...world, ...CALM, rule, noise }, policy, untilMs: rule.fromMs + 6000, stalls: [] },
  };
}

/** A rule that comes while the server is away, starts, or is there. */
function arbitraryBlock({ does, scope }: Pick<SimulatedRule, "does" | "scope">): fc.Arbitrary<Blocked> {
  return fc.record({ world: arbitraryWorld, fromMs: fc.nat(4000) }).map(({ world, fromMs }) => {
    const lives = world.lives.map((life) => ({ ...life, readyMs: life.readyMs + 60_000 }));
    return watchOf({ ...world, lives }, { does, scope, fromMs, untilMs: fromMs + 30_000 });
  });
}

/** A redirect to where nobody listens, beside a server that is bound; and one to a proxy, before there is a server. */
function arbitraryRedirect({ does, scope }: Pick<SimulatedRule, "does" | "scope">): fc.Arbitrary<Blocked> {
  const parts = { world: arbitraryWorld, fromMs: fc.nat(4000), resets: fc.nat(100) };
  return fc.record(parts).map(({ world, fromMs, resets }) => {
    const bindMs = does === "redirect-dead" ? 0 : 60_000;
    const lives = [{ bindMs, answerMs: 60_000, readyMs: 60_000, endMs: null }];
    const noise = { ...world.noise, resets };
    return watchOf({ ...world, lives, noise }, { does, scope, fromMs, untilMs: fromMs + 30_000 });
  });
}

/** The code that a block must come to, those that may come before it, and how soon. */
interface Expected {
  readonly code: VerdictCode;
  readonly before?: readonly VerdictCode[];
  readonly withinMs: number;
}

const BLOCKS: readonly (readonly [SimulatedRule["does"], SimulatedRule["scope"], Expected])[] = [
  ["reset", "port", { code: "REJECTED", withinMs: 2000 }],
  ["icmp", "port", { code: "REJECTED", withinMs: 2000 }],
  ["icmp", "loopback", { code: "REJECTED", before: ["LOOPBACK_DOWN"], withinMs: 2000 }],
  // Noise can make it seem that the control was refused by the kernel.
  ["reset", "loopback", { code: "LOOPBACK_DOWN", before: ["REJECTED"], withinMs: 2000 }],
  ["no-route", "loopback", { code: "LOOPBACK_DOWN", before: ["UNREACHABLE"], withinMs: 2000 }],
  ["no-route", "port", { code: "UNREACHABLE", withinMs: 2000 }],
  ["forbid", "port", { code: "DENIED", withinMs: 2000 }],
  ["drop", "port", { code: "DROPPED", withinMs: 5000 }],
  ["drop", "loopback", { code: "LOOPBACK_DOWN", withinMs: 5000 }],
];

async function expectTold(blocks: fc.Arbitrary<Blocked>, { code, before = [], withinMs }: Expected): Promise<void> {
  const holds = async ({ watch, rule }: Blocked) => {
    const { transitions } = await playWatch(watch);
    const told = transitions.find((one) => one.sinceStartMs >= rule.fromMs && one.verdict.code === code);
    expect((told?.sinceStartMs ?? Number.POSITIVE_INFINITY) - rule.fromMs).toBeLessThanOrEqual(withinMs);
    const codes = transitions.map(({ verdict }) => verdict.code);
    const blocking = codes.filter((one) => classOf(one) === "network-block");
    expect(blocking.filter((one) => one !== code && !before.includes(one))).toEqual([]);
  };
  await fc.assert(fc.asyncProperty(blocks, holds), { numRuns: BLOCKS_EACH, seed: SEED });
}

describe("a block, with all that gathers evidence", { timeout: 120_000 }, () => {
  it.each(BLOCKS)("by %s of the %s is told in time", (does, scope, expected) => {
    return expectTold(arbitraryBlock({ does, scope }), expected);
  });

  it.each([
    ["redirect-dead", "port"],
    ["redirect-dead", "loopback"],
    ["redirect-live", "port"],
  ] as const)("by %s of the %s is told in time", (does, scope) => {
    return expectTold(arbitraryRedirect({ does, scope }), { code: "INTERCEPTED", withinMs: 2000 });
  });
});
