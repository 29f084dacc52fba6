import { describe, expect, it } from "vitest";
import { fakeTable } from "../../test/support/fake-prober.ts";
import { manualClock } from "../../test/support/fake-view.ts";
import { burst, control, icmpByRule, resetByRule, socket } from "../../test/support/looks.ts";
import { type Burst, isRefusedBesideSocket, type TargetBurst, whoRefused } from "../core/proof.ts";
import { newRefusalRecord } from "./refusal-record.ts";

const NOISE = burst({ resetsSent: 5, attemptFails: 5 });
const NO_COUNTERS = { resetsSent: null, attemptFails: null, icmpUnreachable: null };

/** A record whose bursts and controls are scripted: the last ones go on for ever. */
function recordOf(script: readonly TargetBurst[], controls: readonly (Burst | null)[] = [control()]) {
  const clock = manualClock();
  const table = fakeTable([]);
  const made: string[] = [];
  const connects: number[] = [];
  const state = { script, controls, connected: 0, tracked: 0 as number | null, during: () => {} };
  const next = <T>(key: "script" | "controls"): T => {
    const list = state[key] as readonly T[];
    const [first, ...rest] = list;
    if (rest.length > 0) Object.assign(state, { [key]: rest });
    return first as T;
  };
  const record = newRefusalRecord("127.0.0.1", 9000, {
    clock,
    table,
    burst: async (address, port) => {
      made.push(`burst ${address}:${port}`);
      state.during();
      const { inodes: _inodes, ...counts } = next<TargetBurst>("script");
      return { burst: { ...counts, at: clock.now() }, connected: state.connected };
    },
    controlBurst: async () => {
      made.push("control");
      const one = next<Burst | null>("controls");
      return one && { ...one, at: clock.now() };
    },
    trackedWhileConnected: async () => {
      made.push("tracked");
      return state.tracked;
    },
    onConnected: (port, count) => connects.push(port, count),
  });
  const proof = async () => {
    made.length = 0;
    const gathered = await record.proof();
    return { gathered, by: whoRefused(gathered), made: [...made] };
  };
  return { clock, table, state, proof, connects, record, made };
}

const [BURST, CONTROL] = ["burst 127.0.0.1:9000", "control"];

describe("the proof of a refusal by the kernel", () => {
  it("is one burst and its control", async () => {
    const { made, by, gathered } = await recordOf([burst()]).proof();
    expect({ made, by }).toEqual({ made: [BURST, CONTROL], by: "kernel" });
    expect(gathered).toMatchObject({ trackedConnections: null, control: { refused: 3 } });
  });

  it("is renewed every second, the control every ten", async () => {
    const { proof, clock } = recordOf([burst()]);
    await proof();
    const made: string[][] = [];
    for (let ms = 0; ms < 11_000; ms += 500) {
      clock.advance(500);
      made.push((await proof()).made);
    }
    expect(made.filter((one) => one.length === 0)).toHaveLength(11);
    expect(made.flat().filter((what) => what === BURST)).toHaveLength(11);
    expect(made.flat().filter((what) => what === CONTROL)).toHaveLength(1);
  });

  it("keeps a bounded number of bursts, and the latest", async () => {
    const { proof, clock } = recordOf([burst()]);
    for (let count = 0; count < 9; count += 1) {
      await proof();
      clock.advance(1000);
    }
    const { gathered } = await proof();
    expect(gathered.bursts.map(({ at }) => at.monotonicMs)).toEqual([6000, 7000, 8000, 9000]);
  });

  it("gives up after three bursts that noise blurs", async () => {
    const { made, by } = await recordOf([NOISE]).proof();
    expect({ made, by }).toEqual({ made: [BURST, CONTROL, BURST, BURST], by: "unknown" });
  });

  it("tries anew when the control was blurred", async () => {
    const blurred = control({ resetsSent: 4 });
    const pair = [BURST, CONTROL];
    expect(await recordOf([burst()], [blurred, control()]).proof()).toMatchObject({
      made: [...pair, ...pair],
      by: "kernel",
    });
    expect(await recordOf([burst()], [blurred]).proof()).toMatchObject({
      made: [...pair, ...pair, ...pair],
      by: "unknown",
    });
  });
});

describe("the proof of a refusal by a rule", () => {
  it("is two bursts without a reset, each with a control of its moment", async () => {
    const { made, by } = await recordOf([resetByRule()]).proof();
    expect({ made, by }).toEqual({ made: [BURST, CONTROL, BURST, CONTROL], by: "firewall" });
  });

  it("is found in noise, in up to six bursts", async () => {
    const script = [{ ...NOISE, resetsSent: 2 }, resetByRule(), { ...NOISE, resetsSent: 1 }, resetByRule()];
    expect((await recordOf(script).proof()).by).toBe("firewall");
    const { made, by } = await recordOf([{ ...NOISE, resetsSent: 1 }]).proof();
    expect(by).toBe("unknown");
    expect(made.filter((what) => what === BURST)).toHaveLength(6);
  });

  it("needs a control of the same moment even when an older one is still good", async () => {
    const { proof, clock, state } = recordOf([burst()]);
    await proof();
    Object.assign(state, { script: [resetByRule()] });
    clock.advance(1000);
    expect(await proof()).toMatchObject({ made: [BURST, CONTROL, BURST, CONTROL], by: "firewall" });
  });

  it("is not told after a control that does not prove the counters, and asks no further", async () => {
    for (const failing of [control({ resetsSent: 0 }), control(NO_COUNTERS), control({ refused: 2 }), null]) {
      expect(await recordOf([resetByRule()], [failing]).proof()).toMatchObject({
        made: [BURST, CONTROL],
        by: "unknown",
      });
    }
  });

  it("is over with the rule, and begins with it, within a second", async () => {
    const { proof, clock, state } = recordOf([resetByRule()]);
    expect((await proof()).by).toBe("firewall");
    Object.assign(state, { script: [burst()] });
    clock.advance(1000);
    expect((await proof()).by).toBe("kernel");
    Object.assign(state, { script: [resetByRule()] });
    clock.advance(1000);
    expect((await proof()).by).toBe("firewall");
  });

  it("is two bursts of ICMP, also when they do not end the attempts", async () => {
    for (const refused of [3, 0]) {
      expect(await recordOf([icmpByRule({ refused })]).proof()).toMatchObject({
        made: [BURST, CONTROL, BURST, CONTROL],
        by: "firewall",
      });
    }
  });

  it("is not asked for again while nothing refuses", async () => {
    for (const one of [burst({ refused: 0, resetsSent: 0, attemptFails: 0 }), burst({ refused: 1, resetsSent: 1 })]) {
      expect(await recordOf([one]).proof()).toMatchObject({ made: [BURST, CONTROL], by: "unknown" });
    }
  });

  it("is not asked for where no counter is shown", async () => {
    const { proof } = recordOf([burst(NO_COUNTERS)], [control(NO_COUNTERS)]);
    expect(await proof()).toMatchObject({ made: [BURST, CONTROL], by: "unknown" });
  });
});

describe("a burst on a port whose server binds in the middle", () => {
  it("tells of the connects that may wait in its accept queue", async () => {
    const { proof, state, connects } = recordOf([burst({ refused: 1, resetsSent: 1 })]);
    Object.assign(state, { connected: 2 });
    expect((await proof()).by).toBe("unknown");
    expect(connects).toEqual([9000, 2]);
  });

  it("tells of none that were refused, denied or are still out", async () => {
    const { proof, connects } = recordOf([burst({ refused: 0, resetsSent: 0 })]);
    await proof();
    expect(connects).toEqual([]);
  });

  it("is beside no socket: the sockets before and after are not the same", async () => {
    const { proof, state, table } = recordOf([burst()]);
    Object.assign(state, { during: () => table.show([socket({ inode: 7 })]) });
    expect((await proof()).gathered.bursts.at(-1)?.inodes).toBeNull();
    Object.assign(state, { during: () => table.show([socket({ inode: 8 })]) });
  });
});

describe("a refusal of another namespace", () => {
  it("is one burst and its control: the server there is not knocked at more than needed", async () => {
    const { made, by } = await recordOf([resetByRule({ loopbackPackets: 0 })]).proof();
    expect({ made, by }).toEqual({ made: [BURST, CONTROL], by: "unknown" });
  });

  it("does not hide a rule that comes in its place", async () => {
    const { proof, clock } = recordOf([resetByRule({ loopbackPackets: 0 }), resetByRule()]);
    await proof();
    clock.advance(1000);
    const { made, by } = await proof();
    expect({ bursts: made.filter((what) => what === BURST).length, by }).toEqual({ bursts: 4, by: "firewall" });
  });
});

describe("a refusal beside a socket", () => {
  it("is looked at again after 300 ms, and told then", async () => {
    const { proof, clock, table } = recordOf([burst()]);
    table.show([socket({ inode: 7 }), socket({ port: 9500, inode: 1 }), socket({ address: "10.0.0.1", inode: 2 })]);
    const first = await proof();
    expect(first.gathered.bursts.at(-1)?.inodes).toEqual([7]);
    expect(isRefusedBesideSocket(first.gathered)).toBe(false);
    clock.advance(299);
    expect((await proof()).made).toEqual([]);
    clock.advance(1);
    expect(isRefusedBesideSocket((await proof()).gathered)).toBe(true);
  });

  it("is looked up in a fresh reading of the table", async () => {
    const { proof, table } = recordOf([burst()]);
    table.show([socket({ inode: 7 })]);
    let readings = 0;
    const { fresh } = table;
    Object.assign(table, { fresh: () => [readings++, fresh()][1] });
    await proof();
    expect(readings).toBeGreaterThanOrEqual(2);
  });

  it("asks connection tracking whether a rule can send the connection elsewhere, and only there", async () => {
    const asked = async (...sockets: Parameters<typeof socket>[0][]) => {
      const { proof, table } = recordOf([burst()]);
      table.show(sockets.map(socket));
      const { made, gathered } = await proof();
      return { isAsked: made.includes("tracked"), tracked: gathered.trackedConnections };
    };
    expect(await asked({ address: "::" })).toEqual({ isAsked: true, tracked: 0 });
    expect(await asked({ address: "0.0.0.0" })).toEqual({ isAsked: true, tracked: 0 });
    expect(await asked({ address: "::" }, { address: "127.0.0.1" })).toEqual({ isAsked: true, tracked: 0 });
    expect(await asked({ address: "10.0.0.1" })).toEqual({ isAsked: false, tracked: null });
    expect(await asked()).toEqual({ isAsked: false, tracked: null });
  });

  it("forgets what connection tracking said once the kernel alone no longer refuses there", async () => {
    const { proof, clock, table, state } = recordOf([burst()]);
    table.show([socket({ inode: 7 })]);
    expect((await proof()).gathered.trackedConnections).toBe(0);
    Object.assign(state, { tracked: 2 });
    clock.advance(300);
    expect((await proof()).gathered.trackedConnections).toBe(2);
    Object.assign(state, { script: [resetByRule()] });
    clock.advance(300);
    expect(await proof()).toMatchObject({ by: "firewall", gathered: { trackedConnections: null } });
  });
});

it("makes a control of now, alone, for a connect that timed out", async () => {
  const { record, clock, made } = recordOf([burst()]);
  await record.proof();
  clock.advance(1);
  made.length = 0;
  const { bursts, control: latest } = await record.controlOnly();
  expect({ made, bursts, at: latest?.at.monotonicMs }).toEqual({ made: [CONTROL], bursts: [], at: 1 });
});
