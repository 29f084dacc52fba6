import { describe, expect, it } from "vitest";
import { look, moment, refused } from "../../test/support/looks.ts";
import { rememberSources, UNPROVEN_COUNTERS } from "./evidence-sources.ts";
import type { Burst } from "./proof.ts";

const burst = (overrides: Partial<Burst> = {}): Burst => ({
  at: moment(0),
  attempts: 3,
  refused: 3,
  ms: 1,
  resetsSent: 3,
  attemptFails: 3,
  icmpUnreachable: 0,
  ...overrides,
});

function lookWith(control: Burst | null, target: Partial<Burst> = {}) {
  const refusal = { bursts: [{ ...burst(target), inodes: [] }], control, trackedConnections: null };
  return look({ ...refused(), proof: { refusal, timeout: null, canary: null } });
}

describe("what is known of the kernel's counters", () => {
  it("is nothing until a control was made", () => {
    expect(rememberSources(UNPROVEN_COUNTERS, look(refused()))).toEqual(UNPROVEN_COUNTERS);
    expect(rememberSources(UNPROVEN_COUNTERS, lookWith(null))).toEqual(UNPROVEN_COUNTERS);
  });

  it("is proven by a control of which each attempt was counted, and then for good", () => {
    const proven = rememberSources(UNPROVEN_COUNTERS, lookWith(burst()));
    expect(proven.resetCounters).toBe("proven");
    expect(rememberSources(proven, lookWith(burst({ resetsSent: null }))).resetCounters).toBe("proven");
    expect(rememberSources(UNPROVEN_COUNTERS, lookWith(burst({ resetsSent: 2 }))).resetCounters).toBe("unproven");
  });

  it("is that they are absent where the kernel does not show them", () => {
    const absent = lookWith(burst({ resetsSent: null, icmpUnreachable: null }), { icmpUnreachable: null });
    expect(rememberSources(UNPROVEN_COUNTERS, absent)).toEqual({ resetCounters: "absent", icmpCounters: "absent" });
  });

  it("is told of ICMP by a burst that brought one for each attempt", () => {
    expect(rememberSources(UNPROVEN_COUNTERS, lookWith(burst(), { icmpUnreachable: 3 })).icmpCounters).toBe("proven");
    expect(rememberSources(UNPROVEN_COUNTERS, lookWith(burst(), { icmpUnreachable: 2 })).icmpCounters).toBe("unproven");
  });
});
