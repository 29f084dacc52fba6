import { describe, expect, it } from "vitest";
import { fakeTable } from "../../test/support/fake-prober.ts";
import { manualClock } from "../../test/support/fake-view.ts";
import {
  answered,
  at,
  burst,
  control,
  failed,
  icmpByRule,
  refused,
  remote,
  resetByRule,
} from "../../test/support/looks.ts";
import type { ConnectResult } from "../core/connect.ts";
import type { LoopbackState } from "../core/loopback.ts";
import type { PathLook } from "../core/observation.ts";
import type { Burst, TargetBurst } from "../core/proof.ts";
import type { QueueCounters, TcpCounters } from "../kernel/counters.ts";
import { newExplainer } from "./explainer.ts";

const WITHIN_MS = 1000;
const ALL_ZERO = { resetsSent: 0, attemptFails: 0, icmpUnreachable: 0, icmp6Unreachable: 0, loopbackPackets: 0 };
const NO_OVERFLOW = { listenOverflows: 7, listenDrops: 9 };

/** The surroundings of an explainer, in the hands of the test; what it does is noted. */
function surroundings() {
  const clock = manualClock();
  const done: string[] = [];
  const world = {
    burst: burst() as TargetBurst,
    control: control() as Burst,
    canary: "ok" as LoopbackState | null,
    witness: "timeout" as "timeout" | "pending" | "ok" | "refused",
    queues: [NO_OVERFLOW] as readonly QueueCounters[],
    tcp: [ALL_ZERO] as readonly TcpCounters[],
  };
  const take = <T>(list: readonly T[], key: "queues" | "tcp"): T => {
    if (list.length > 1) Object.assign(world, { [key]: list.slice(1) });
    return list[0] as T;
  };
  const explainer = newExplainer(9000, {
    clock,
    table: fakeTable([]),
    counters: { tcp: () => take(world.tcp, "tcp"), queues: () => take(world.queues, "queues"), close: () => {} },
    burst: async (address) => {
      done.push(`burst ${address}`);
      const { inodes: _inodes, ...counts } = world.burst;
      return { burst: { ...counts, at: clock.now() }, connected: 0 };
    },
    controlBurst: async (address) => {
      done.push(`control ${address}`);
      return { ...world.control, at: clock.now() };
    },
    trackedWhileConnected: async () => null,
    checkLoopback: async (address, withinMs) => {
      done.push(`canary ${address} ${withinMs}`);
      return world.canary;
    },
    glanceAtLoopback: async (address) => {
      done.push(`glance ${address}`);
      return world.canary;
    },
    knock: (address, port) => {
      done.push(`witness ${address}:${port}`);
      const result = { outcome: world.witness, errno: null, refusedBy: null, ms: 1 } as ConnectResult;
      const connected = world.witness === "pending" ? new Promise<never>(() => {}) : Promise.resolve(result);
      return { connected, close: () => done.push("witness closed") };
    },
    onConnected: (port, count) => done.push(`connected ${port} ${count}`),
  });
  const look = async (seen: PathLook) => {
    done.length = 0;
    const explained = explainer.begin(seen.address, WITHIN_MS)(seen);
    if (world.witness === "pending") clock.advance(WITHIN_MS);
    return await explained;
  };
  return { clock, world, done, look };
}

const TIMEOUT = failed("timeout");

describe("nothing is gathered", () => {
  it.each([
    ["for a connect that succeeds", answered("ready")],
    ["for an address elsewhere that refuses", remote(refused())],
    ["for an address elsewhere that times out", remote(TIMEOUT)],
    ["for a port of the ephemeral range that nobody has bound", { ...refused(), skipped: "ephemeral-port" as const }],
    ["for what the gate cannot do itself", failed("unavailable", { errno: "EMFILE" })],
    ["for a denial that no rule brings about", failed("denied")],
    ["for a connection that was reset", failed("reset")],
    ["for a path that was not tried", { ...refused(), connect: null }],
    ["for a first time-out", TIMEOUT],
  ])("%s", async (_what, seen) => {
    const { look, done } = surroundings();
    expect(await look(seen)).toEqual(seen);
    expect(done).toEqual([]);
  });

  it("for a second time-out of an address elsewhere: no witness is sent there", async () => {
    const { look, done } = surroundings();
    await look(remote(TIMEOUT));
    expect(await look(remote(TIMEOUT))).toEqual(remote(TIMEOUT));
    expect(done).toEqual([]);
  });
});

describe("a refused connect", () => {
  it("is told by whom", async () => {
    const { look, done } = surroundings();
    expect(await look(refused())).toMatchObject({
      connect: { outcome: "refused", refusedBy: "kernel" },
      proof: { refusal: { bursts: [{ resetsSent: 3 }] }, timeout: null, canary: null },
    });
    expect(done).toEqual(["burst 127.0.0.1", "control 127.0.0.1"]);
  });

  it("is asked for by the canary where the control is refused without a reset as well", async () => {
    const { look, done, world } = surroundings();
    world.canary = "failed";
    world.burst = resetByRule();
    world.control = resetByRule();
    expect(await look(refused())).toMatchObject({ connect: { refusedBy: "unknown" }, proof: { canary: "failed" } });
    expect(done).toEqual(["burst 127.0.0.1", "control 127.0.0.1", "glance 127.0.0.1"]);
    await look(at("10.42.0.7", refused()));
    expect(done).toEqual(["burst 10.42.0.7", "control 10.42.0.7"]);
  });

  it("is a rule's when two bursts bring no reset", async () => {
    const { look, world } = surroundings();
    world.burst = resetByRule();
    expect(await look(refused())).toMatchObject({ connect: { refusedBy: "firewall" } });
  });

  it("keeps its proof over looks that only repeat it, and bursts again a second later", async () => {
    const { look, done, clock } = surroundings();
    await look(refused());
    clock.advance(900);
    const repeated = await look({ ...refused(), skipped: "not-listening" });
    expect(repeated).toMatchObject({ connect: { refusedBy: "kernel" }, proof: { refusal: { bursts: [{}] } } });
    expect(done).toEqual([]);
    clock.advance(100);
    expect(await look({ ...refused(), skipped: "not-listening" })).toMatchObject({
      proof: { refusal: { bursts: [{}, {}] } },
    });
  });

  it("is proven anew after the port was open", async () => {
    const { look, done, clock } = surroundings();
    await look(refused());
    await look(answered("ready"));
    clock.advance(1);
    await look(refused());
    expect(done).toContain("burst 127.0.0.1");
  });

  it("is proven for each address by itself", async () => {
    const { look, done } = surroundings();
    await look(refused());
    await look(at("::1", refused()));
    expect(done).toEqual(["burst ::1", "control ::1"]);
  });
});

describe("a denied connect", () => {
  const denied = failed("denied", { errno: "EACCES" });

  it("was refused by a rule when its ICMP was counted", async () => {
    const { look, world } = surroundings();
    world.burst = icmpByRule();
    expect(await look(denied)).toMatchObject({
      connect: { outcome: "refused", errno: "EACCES", refusedBy: "firewall" },
    });
  });

  it("was denied when nothing moved, though each attempt was refused without a reset", async () => {
    const { look, world } = surroundings();
    world.burst = burst({ resetsSent: 0, attemptFails: 0 });
    expect(await look(denied)).toMatchObject({ connect: denied.connect, proof: { refusal: { bursts: [{}, {}] } } });
  });
});

describe("an address that cannot be reached", () => {
  it("is asked for a rule's ICMP, and the canary over loopback", async () => {
    const { look, done, world } = surroundings();
    world.burst = icmpByRule({ refused: 0 });
    expect(await look(at("10.42.0.7", failed("unreachable")))).toMatchObject({
      connect: { outcome: "unreachable", refusedBy: null },
      proof: { refusal: { bursts: [{ icmpUnreachable: 3 }, {}] }, canary: "ok" },
    });
    expect(done.at(-1)).toBe("glance 127.0.0.1");
  });

  it("is asked for on 127.0.0.1 when ::1 is missing: lo may be down", async () => {
    const { look, done } = surroundings();
    expect(await look(at("::1", failed("unavailable")))).toMatchObject({ proof: { refusal: null, canary: "ok" } });
    expect(done).toEqual(["glance 127.0.0.1"]);
  });
});

describe("a second time-out in a row", () => {
  it("had a witness and a canary beside it, over all of its time", async () => {
    const { look, done, world } = surroundings();
    await look(TIMEOUT);
    world.witness = "pending";
    expect(await look(TIMEOUT)).toMatchObject({
      connect: { outcome: "timeout", refusedBy: null },
      proof: {
        refusal: { bursts: [], control: { resetsSent: 3 } },
        timeout: { attempts: 2, timedOut: 2, queueOverflows: 0 },
        canary: "ok",
      },
    });
    const beside = ["witness 127.0.0.1:9000", `canary 127.0.0.1 ${WITHIN_MS}`, "witness closed"];
    expect(done).toEqual([...beside, "control 127.0.0.1"]);
  });

  it.each([
    ["that the kernel ended", "timeout", 2],
    ["that was refused", "refused", 1],
    ["that connected", "ok", 1],
  ] as const)("had a witness %s", async (_what, witness, timedOut) => {
    const { look, world, done } = surroundings();
    await look(TIMEOUT);
    world.witness = witness;
    expect(await look(TIMEOUT)).toMatchObject({ proof: { timeout: { attempts: 2, timedOut } } });
    expect(done.includes("connected 9000 1")).toBe(witness === "ok");
  });

  it("is the canary's of its family, or of the same loopback address", async () => {
    const { look, done } = surroundings();
    for (const [address, canary] of [
      ["fd00::7", "::1"],
      ["10.42.0.7", "127.0.0.1"],
      ["127.0.0.2", "127.0.0.2"],
    ] as const) {
      await look(at(address, TIMEOUT));
      await look(at(address, TIMEOUT));
      expect(done).toContain(`canary ${canary} ${WITHIN_MS}`);
    }
  });

  it.each([
    ["the larger of both counters", [NO_OVERFLOW, { listenOverflows: 9, listenDrops: 12 }], 3],
    [
      "the one that is shown",
      [
        { listenOverflows: 7, listenDrops: null },
        { listenOverflows: 9, listenDrops: null },
      ],
      2,
    ],
    ["nothing where neither is shown", [{ listenOverflows: null, listenDrops: null }], null],
  ] as const)("tells of overflows by %s", async (_what, queues, queueOverflows) => {
    const { look, world } = surroundings();
    await look(TIMEOUT);
    world.queues = queues;
    expect(await look(TIMEOUT)).toMatchObject({ proof: { timeout: { queueOverflows } } });
  });

  it("is asked for a rule when an ICMP came in for each connect: over IPv6 they end a second later", async () => {
    const { look, world, done } = surroundings();
    const seen = at("::1", TIMEOUT);
    await look(seen);
    world.tcp = [ALL_ZERO, { ...ALL_ZERO, icmp6Unreachable: 2 }];
    world.burst = icmpByRule({ refused: 0 });
    expect(await look(seen)).toMatchObject({
      connect: { outcome: "timeout" },
      proof: { refusal: { bursts: [{ icmpUnreachable: 3 }, { icmpUnreachable: 3 }] }, timeout: { timedOut: 2 } },
    });
    world.tcp = [ALL_ZERO, { ...ALL_ZERO, icmp6Unreachable: 1, icmpUnreachable: 5 }];
    expect(await look(seen)).toMatchObject({ proof: { refusal: { bursts: [] } } });
    expect(done).not.toContain("burst ::1");
  });

  it("has a witness also after a look that ended just before its deadline, as the SYN was sent again", async () => {
    const { done, look } = surroundings();
    await look(failed("unreachable", { ms: 1003 }));
    await look(TIMEOUT);
    expect(done).toContain("witness 127.0.0.1:9000");
    await look(failed("unreachable", { ms: 3 }));
    await look(TIMEOUT);
    expect(done).not.toContain("witness 127.0.0.1:9000");
  });

  it("has no witness when a look in between did not time out, or did not connect", async () => {
    const { look, done } = surroundings();
    for (const between of [refused(), answered("ready"), { ...TIMEOUT, skipped: "accept-queue" as const }]) {
      await look(TIMEOUT);
      await look(between);
      expect(await look(TIMEOUT)).toMatchObject({ proof: null });
      expect(done).toEqual([]);
    }
  });

  it("that repeats what an earlier look saw is not counted as an attempt", async () => {
    const { look } = surroundings();
    await look(TIMEOUT);
    expect(await look({ ...TIMEOUT, skipped: "accept-queue" })).toMatchObject({ proof: null });
  });
});
