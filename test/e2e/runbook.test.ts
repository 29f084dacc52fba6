import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { type Pod, podsAvailable } from "../support/pod.ts";
import { podOfTest } from "./gate-in-pod.ts";

const support = await podsAvailable();
const page = readFileSync(new URL("../../docs/runbook.md", import.meta.url), "utf8");
const [, section = ""] = page.split("## Who refused: the proof by hand\n");
const script = /```bash\n([\s\S]*?)```/.exec(section)?.[1] ?? "";

/** The figures that the page promises for a situation: how far each counter moves in a burst of five. */
function promised(situation: string): string {
  const row = section.split("\n").find((line) => line.startsWith(`| ${situation} |`)) ?? "";
  const [, , , rsts, fails, icmp] = row.split("|").map((cell) => /\+\d/.exec(cell)?.[0] ?? "");
  return `OutRsts ${rsts} AttemptFails ${fails} InDestUnreachs ${icmp}`;
}

async function rejectBy(pod: Pod, ...rule: readonly string[]): Promise<void> {
  expect(await pod.run("iptables", ["-A", "INPUT", "-p", "tcp", "--dport", "9500", ...rule])).toMatchObject({
    code: 0,
  });
}

async function bindPort(pod: Pod): Promise<void> {
  pod.spawn(process.execPath, ["-e", `require("node:net").createServer().listen(9500, "127.0.0.1")`]);
  await vi.waitFor(async () => expect(await pod.connect(9500)).toBe("ok"), { timeout: 10_000 });
}

const SITUATIONS: readonly (readonly [string, (pod: Pod) => Promise<void>])[] = [
  ["closed, no rule", async () => {}],
  ["refused by a rule, `REJECT`", (pod) => rejectBy(pod, "-j", "REJECT")],
  [
    "refused by a rule, `REJECT --reject-with tcp-reset`",
    (pod) => rejectBy(pod, "-j", "REJECT", "--reject-with", "tcp-reset"),
  ],
  ["dropped by a rule, `DROP`", (pod) => rejectBy(pod, "-j", "DROP")],
  ["open", bindPort],
];

describe("the proof by hand in the runbook", () => {
  beforeEach(({ skip }) => {
    if (!support.ok) skip(support.reason);
  });

  test.each(SITUATIONS)("shows the figures that the page promises when port 9500 is %s", async (situation, arrange) => {
    const pod = await podOfTest();
    await arrange(pod);
    const { stdout } = await pod.run("bash", ["-c", script.replace("burst 9500; burst 9500;", "burst 9500;")]);
    const lines = stdout.trim().split("\n");
    expect(lines.filter((line) => line === "port 9500: connected")).toHaveLength(situation === "open" ? 5 : 0);
    expect(lines.slice(-2)).toEqual([
      `port 9500: ${promised(situation)}`,
      "port 1: OutRsts +5 AttemptFails +5 InDestUnreachs +0",
    ]);
  });
});
