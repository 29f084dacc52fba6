import { existsSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { LoopbackState } from "../../src/core/loopback.ts";
import { type Burst, isRefusedByIcmp, type TargetBurst, whoRefused } from "../../src/core/proof.ts";
import type { MadeBurst } from "../../src/probes/burst.ts";
import { createPod, type Pod, podsAvailable } from "../support/pod.ts";
import { type Measured, measureInPod, noiseInPod } from "../support/proof-pod.ts";

const support = await podsAvailable();
const hasRules = ["iptables", "ip6tables"].every(
  (tool) => existsSync(`/usr/sbin/${tool}`) || existsSync(`/sbin/${tool}`),
);

/** What one burst on port 9500 shows in some situation, of three attempts each. */
interface Row {
  readonly name: string;
  readonly address?: "127.0.0.1" | "::1";
  /** A shell command in the pod, and how it is undone. */
  readonly rule?: string;
  readonly refused: number;
  readonly resetsSent: number;
  readonly attemptFails: number;
  readonly icmpUnreachable: number;
  readonly loopbackPackets: number;
  /** By default what a port that nobody has bound gives. */
  readonly control?: Partial<Burst> | null;
  readonly canary?: LoopbackState;
  readonly by: "kernel" | "firewall" | "unknown";
}

const KERNEL = {
  refused: 3,
  resetsSent: 3,
  attemptFails: 3,
  icmpUnreachable: 0,
  loopbackPackets: 6,
  by: "kernel",
} as const;
const RESET = {
  refused: 3,
  resetsSent: 0,
  attemptFails: 3,
  icmpUnreachable: 0,
  loopbackPackets: 6,
  by: "firewall",
} as const;
const ICMP = {
  refused: 3,
  resetsSent: 0,
  attemptFails: 0,
  icmpUnreachable: 3,
  loopbackPackets: 6,
  by: "firewall",
} as const;
/** An ICMP that connect(2) does not take for a refusal, or not yet. */
const ICMP_OTHERWISE = { ...ICMP, refused: 0 } as const;
const NOTHING = {
  refused: 0,
  resetsSent: 0,
  attemptFails: 0,
  icmpUnreachable: 0,
  loopbackPackets: 0,
  by: "unknown",
} as const;
/** A rule on the way out keeps the attempts from `lo`, and its answers pass it. */
const ANSWER_ALONE = { loopbackPackets: 3 } as const;
const PORT = "-p tcp --dport 9500 -j";

const ROWS: readonly Row[] = [
  { name: "a closed port", ...KERNEL },
  {
    name: "REJECT by reset on the way out",
    rule: `iptables -A OUTPUT ${PORT} REJECT --reject-with tcp-reset`,
    ...RESET,
    ...ANSWER_ALONE,
  },
  { name: "REJECT by reset on the way in", rule: `iptables -A INPUT ${PORT} REJECT --reject-with tcp-reset`, ...RESET },
  { name: "REJECT by ICMP on the way out", rule: `iptables -A OUTPUT ${PORT} REJECT`, ...ICMP, ...ANSWER_ALONE },
  { name: "REJECT by ICMP on the way in", rule: `iptables -A INPUT ${PORT} REJECT`, ...ICMP },
  {
    name: "an ICMP that says prohibited",
    rule: `iptables -A INPUT ${PORT} REJECT --reject-with icmp-admin-prohibited`,
    ...ICMP_OTHERWISE,
  },
  {
    name: "an ICMP that says no such protocol",
    rule: `iptables -A INPUT ${PORT} REJECT --reject-with icmp-proto-unreachable`,
    ...ICMP_OTHERWISE,
  },
  { name: "DROP on the way in", rule: `iptables -A INPUT ${PORT} DROP`, ...NOTHING, loopbackPackets: 3 },
  { name: "DROP on the way out", rule: `iptables -A OUTPUT ${PORT} DROP`, ...NOTHING },
  {
    name: "a redirect to a closed port, as a closed port itself",
    rule: `iptables -t nat -A OUTPUT ${PORT} REDIRECT --to-ports 9`,
    ...KERNEL,
  },
  {
    name: "a redirect of all of loopback to a closed port",
    rule: "iptables -t nat -A OUTPUT -o lo -p tcp -j REDIRECT --to-ports 9",
    ...KERNEL,
    canary: "failed",
  },
  {
    name: "REJECT by ICMP of all of loopback",
    rule: "iptables -A INPUT -i lo -p tcp -j REJECT",
    ...ICMP,
    control: ICMP,
    canary: "failed",
  },
  {
    name: "REJECT by reset of all that connects over loopback",
    rule: "iptables -A INPUT -i lo -p tcp --syn -j REJECT --reject-with tcp-reset",
    ...RESET,
    by: "unknown",
    control: RESET,
    canary: "failed",
  },
  { name: "a closed port of ::1", address: "::1", ...KERNEL },
  {
    name: "REJECT by reset of ::1",
    address: "::1",
    rule: `ip6tables -A INPUT ${PORT} REJECT --reject-with tcp-reset`,
    ...RESET,
  },
  // Over IPv6 the kernel heeds an ICMP only when the SYN is sent again, a second later.
  { name: "REJECT by ICMP of ::1", address: "::1", rule: `ip6tables -A INPUT ${PORT} REJECT`, ...ICMP_OTHERWISE },
  {
    name: "an ICMP of ::1 that says prohibited",
    address: "::1",
    rule: `ip6tables -A OUTPUT ${PORT} REJECT --reject-with icmp6-adm-prohibited`,
    ...ICMP_OTHERWISE,
    ...ANSWER_ALONE,
  },
  {
    name: "IPv6 switched off",
    address: "::1",
    rule: "sysctl -qw net.ipv6.conf.all.disable_ipv6=1",
    ...NOTHING,
    control: null,
    canary: "absent",
  },
  { name: "lo down", rule: "ip link set lo down", ...NOTHING, control: NOTHING, canary: "failed" },
];

const UNDO = `iptables -F; iptables -t nat -F; ip6tables -F; ip link set lo up;
  sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.lo.disable_ipv6=0`;

describe("bursts on the kernel of this machine", { timeout: 60_000 }, () => {
  let pod: Pod;
  beforeAll(async () => {
    if (support.ok && hasRules) pod = await createPod();
  });
  beforeEach(({ skip }) => {
    if (!support.ok) skip(support.reason);
    if (!hasRules) skip("iptables is not installed");
  });
  afterAll(async () => {
    if (support.ok && hasRules) await pod.destroy();
  });

  const setUp = async (command: string) => {
    const { code, stderr } = await pod.run("sh", ["-c", command]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
  };

  it.each(ROWS)(
    "show $name as measured",
    async ({ name: _name, address = "127.0.0.1", rule, by, control, canary, ...counts }) => {
      await setUp(rule ?? "true");
      const measured = await measureInPod(pod, ["prove", address, "9500"]).finally(() => setUp(UNDO));
      expect(measured.bursts.map(({ burst }) => burst)).toMatchObject([counts, counts]);
      const { by: _by, ...proven } = KERNEL;
      if (control === null) expect(measured.control).toBeNull();
      else expect(measured.control).toMatchObject(control === undefined ? proven : withoutBy(control));
      expect(measured.canary).toBe(canary ?? "ok");
      expect(whoRefused(proofOf(measured))).toBe(by);
    },
  );

  it("tell ICMP over IPv6 before the connect itself has an outcome", async () => {
    await setUp(`ip6tables -A INPUT ${PORT} REJECT`);
    const measured = await measureInPod(pod, ["prove", "::1", "9500"]).finally(() => setUp(UNDO));
    expect(isRefusedByIcmp(proofOf(measured))).toBe(true);
    for (const { burst } of measured.bursts) expect(burst.ms).toBeLessThan(500);
  });

  it("count what connects, and what is sent no reset for it", async () => {
    const server = pod.spawn(process.execPath, ["-e", `require("net").createServer().listen(9500, "127.0.0.1")`]);
    const bursts = async () => (await measureInPod(pod, ["prove", "127.0.0.1", "9500"])).bursts;
    await expect.poll(bursts, { timeout: 10_000 }).toMatchObject([
      { connected: 3, burst: { refused: 0, resetsSent: 0 } },
      { connected: 3, burst: { refused: 0, resetsSent: 0 } },
    ]);
    server.destroy();
    await server.exited;
  });

  it("on a closed port never show fewer resets than attempts, beside noisy connections", async () => {
    const noise = noiseInPod(pod, "127.0.0.1", 9501);
    const times = 2000;
    const counts = await measureInPod<{ short: number; exact: number; more: number }>(pod, [
      "burstOften",
      "127.0.0.1",
      "9500",
      String(times),
    ]);
    noise.destroy();
    await noise.exited;
    expect(counts.short).toBe(0);
    expect(counts.exact + counts.more).toBe(times);
    expect(counts.more).toBeGreaterThan(0);
    expect(counts.exact).toBeGreaterThan(times / 10);
  });
});

function withoutBy({ by: _by, ...counts }: Partial<Burst> & { readonly by?: string }): Partial<Burst> {
  return counts;
}

function proofOf({ bursts, control }: Measured) {
  const targetBursts = bursts.map(({ burst }: MadeBurst): TargetBurst => ({ ...burst, inodes: [] }));
  return { bursts: targetBursts, control, trackedConnections: null };
}
