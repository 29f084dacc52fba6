import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, onTestFailed, onTestFinished, test, vi } from "vitest";
import type { Snapshot } from "../../src/core/snapshot.ts";
import { isSnapshot } from "../../src/core/snapshot-shape.ts";
import { type Pod, podsAvailable, type RunResult } from "../support/pod.ts";
import type { PodProcess } from "../support/pod-process.ts";
import { podOfTest, startGate } from "./gate-in-pod.ts";

const support = await podsAvailable();
const isRoot = process.getuid?.() === 0;
const bundle = fileURLToPath(new URL("../../dist/readiness-gate.mjs", import.meta.url));

beforeEach(({ skip }) => {
  if (!support.ok) skip(support.reason);
  if (!existsSync(bundle)) throw new Error("dist/readiness-gate.mjs is missing: npm run build makes it");
});

/** Two targets that a few lines of Node.js can serve. */
const TARGETS = [
  "--preset",
  "none",
  "--target",
  "http=http://127.0.0.1:9000/v2/health/ready",
  "--target",
  "grpc=tcp://127.0.0.1:9500",
];

/** As an ephemeral container of `kubectl debug --profile=restricted` runs: no user of weight, no capability, nothing to write to. */
const ORDINARY = isRoot
  ? [
      "unshare",
      "--mount",
      "--",
      "sh",
      "-c",
      '[ -z "$WRITABLE" ] || mount --bind "$WRITABLE" "$WRITABLE"; mount -o remount,bind,ro / 2>/dev/null; exec setpriv --reuid 1000 --regid 1000 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all -- "$@"',
      "sh",
    ]
  : [];

function command(args: readonly string[]): [string, ...string[]] {
  const [first = process.execPath, ...rest] = [...ORDINARY, process.execPath, bundle, "diagnose", ...args];
  return [first, ...rest];
}

async function diagnose(pod: Pod, ...args: readonly string[]): Promise<RunResult> {
  const [file, ...rest] = command(args);
  const report = args[args.indexOf("--report") + 1] ?? "";
  const writable = report.startsWith(tmpdir()) ? dirname(report) : "";
  const result = await pod.run(file, rest, { env: { LC_ALL: "C.UTF-8", WRITABLE: writable } });
  onTestFailed(() => console.error(`--- diagnose ${args.join(" ")}\n${result.stdout}${result.stderr}`));
  return result;
}

async function snapshotIn(pod: Pod, ...args: readonly string[]): Promise<Snapshot> {
  const value: unknown = JSON.parse((await diagnose(pod, "--json", ...args)).stdout);
  if (!isSnapshot(value)) throw new Error("diagnose --json printed something else than a snapshot");
  return value;
}

/** Serves the given port and address with a ready answer. */
async function serve(pod: Pod, port: number, host = "0.0.0.0"): Promise<PodProcess> {
  const script = `require("node:http").createServer((q, r) => r.end("{}")).listen(${port}, "${host}", () => console.log("up"))`;
  const server = pod.spawn(process.execPath, ["-e", script]);
  await vi.waitFor(() => expect(server.stdout()).toContain("up"), { timeout: 20_000 });
  return server;
}

async function iptables(pod: Pod, ...rule: readonly string[]): Promise<void> {
  const { code, stderr } = await pod.run("iptables", ["-A", "INPUT", "-p", "tcp", ...rule]);
  if (code !== 0) throw new Error(`no rule could be set: ${stderr}`);
}

/** A folder that an ordinary user may write to, also where the root is read-only. */
function folderOfTest(): string {
  const folder = mkdtempSync(join(tmpdir(), "gate-diagnose-"));
  chmodSync(folder, 0o777);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe("a diagnosis without a running gate", () => {
  test("says of a server that has bound nothing that it starts, and that the kernel refuses", async () => {
    const pod = await podOfTest();
    const { code, stdout } = await diagnose(pod);
    expect(code).toBe(10);
    expect(stdout).toMatch(/^The gate is CLOSED \(starting\)\.\n {2}http NOT_LISTENING \(slow-startup\): /);
    expect(stdout.match(/^ {2}127\.0\.0\.1 +target +no +refused by kernel/gm)).toHaveLength(3);
    expect(stdout).toContain("no running gate answers at 127.0.0.1:9022");
    expect(stdout).toContain("counters of resets proven");
    expect(stdout).not.toContain("\u001b");
  });

  test("finds the rule that refuses a port before any server has bound it", async () => {
    const pod = await podOfTest();
    await iptables(pod, "--dport", "9500", "-j", "REJECT", "--reject-with", "tcp-reset");
    const { code, stdout } = await diagnose(pod, ...TARGETS);
    expect(code).toBe(11);
    expect(stdout).toMatch(/^ {2}grpc REJECTED \(network-block\): /m);
    expect(stdout).toContain("refused by firewall");
    expect(stdout).toMatch(/^ {2}NOT_LISTENING \(slow-startup\)/m);
  });

  test("waits for what a time-out proves, beside a server in order", async () => {
    const pod = await podOfTest();
    await serve(pod, 9000);
    await iptables(pod, "--dport", "9500", "-j", "DROP");
    const { code, stdout } = await diagnose(pod, ...TARGETS);
    expect(code).toBe(11);
    expect(stdout).toMatch(/^ {2}grpc DROPPED \(network-block\): /m);
    expect(stdout).toMatch(/^ {2}127\.0\.0\.1 +target +yes +ok .* HTTP_200 .* yes$/m);
  });

  test("opens for servers in order, and prints the snapshot of the contract", async () => {
    const pod = await podOfTest();
    await serve(pod, 9000);
    await serve(pod, 9500);
    const { code, stdout } = await diagnose(pod, ...TARGETS);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^The gate is OPEN \(ready\)\./);
    const snapshot = await snapshotIn(pod, ...TARGETS);
    expect(snapshot).toMatchObject({ ready: true, verdict: { code: "READY" }, loopback: { ipv4: "ok" }, findings: [] });
    expect(snapshot.listeners.map(({ port, own }) => [port, own])).toEqual([
      [9000, false],
      [9500, false],
    ]);
    const others = snapshot.targets[0]?.paths.filter(({ role }) => role === "evidence") ?? [];
    expect(others.map(({ address, connect }) => [address, connect?.outcome])).toContainEqual(["10.42.0.7", "ok"]);
  });

  test("finds what the kubelet will find", async () => {
    const pod = await podOfTest();
    await serve(pod, 9000, "127.0.0.1");
    await serve(pod, 9500, "::");
    const { findings, ready } = await snapshotIn(pod, ...TARGETS);
    expect(ready).toBe(true);
    expect(findings.map(({ code, target }) => [code, target])).toEqual([
      ["LOOPBACK_ONLY", "http"],
      ["FAMILY_MISMATCH", "http"],
    ]);
  });

  test("notices the network of a node, and leaves out its listeners", async () => {
    const pod = await podOfTest();
    await serve(pod, 9000);
    await pod.run("ip", ["link", "add", "cali0123456789a", "type", "veth", "peer", "name", "far"]);
    const { findings, listeners } = await snapshotIn(pod, ...TARGETS);
    expect(findings).toMatchObject([
      { code: "HOST_NETWORK", target: "", evidence: ["interfaces of a node: cali0123456789a"] },
    ]);
    expect(listeners).toEqual([]);
  });
});

describe("a diagnosis beside a running gate", () => {
  test("tells its past and its targets, with newer addresses", async () => {
    const pod = await podOfTest();
    await serve(pod, 9000);
    const gate = await startGate(pod, { args: TARGETS });
    await vi.waitFor(async () => expect((await gate.target("http")).verdict.code).toBe("READY"), { timeout: 10_000 });
    const { startedAt, targets } = (await gate.status()) as unknown as Snapshot;
    // No target is named here: the gate's own are looked at.
    const { code, stdout } = await diagnose(pod);
    expect(code).toBe(10);
    expect(stdout).toContain("From the gate that runs here at 127.0.0.1:9022");
    expect(stdout).toContain("── grpc tcp://127.0.0.1:9500");
    const snapshot = await snapshotIn(pod);
    expect(snapshot.startedAt).toBe(startedAt);
    expect(snapshot.targets[0]?.timeline).toEqual(targets[0]?.timeline);
    expect(snapshot.listeners.filter(({ own }) => own).map(({ port }) => port)).toEqual([9020, 9022]);
  });

  test("ends as the gate is", async () => {
    const pod = await podOfTest();
    await serve(pod, 9000);
    await serve(pod, 9500);
    const gate = await startGate(pod, { args: TARGETS });
    await vi.waitFor(async () => expect(await gate.readyz()).toBe(200), { timeout: 10_000 });
    const { code, stdout } = await diagnose(pod);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^The gate is OPEN/);
  });
});

describe("the report for the network team", () => {
  test("holds the raw counters of the target's port beside the control's", async () => {
    const pod = await podOfTest();
    const file = join(folderOfTest(), "proof.md");
    await iptables(pod, "--dport", "9500", "-j", "REJECT");
    const { code } = await diagnose(pod, ...TARGETS, "--report", file);
    expect(code).toBe(11);
    const [, grpc = ""] = readFileSync(file, "utf8").split("## grpc: ");
    expect(grpc).toMatch(/^\| \| target port 9500 \| target port 9500 \| control port \d+ \|$/m);
    expect(grpc).toMatch(/^\| `Tcp OutRsts` \| (\d+) → \1 \(\+0\) \| (\d+) → \2 \(\+0\) \| \d+ → \d+ \(\+3\) \|$/m);
    expect(grpc).toMatch(
      /^\| `Icmp InDestUnreachs` \| \d+ → \d+ \(\+3\) \| \d+ → \d+ \(\+3\) \| (\d+) → \1 \(\+0\) \|$/m,
    );
    expect(grpc).toContain("nsenter -t PID -n nft list ruleset");
  });

  test("goes to standard output, and nowhere that cannot be written", async () => {
    const pod = await podOfTest();
    expect((await diagnose(pod, ...TARGETS, "--report", "-")).stdout).toMatch(
      /^# Who refuses connections inside this pod\n/,
    );
    const { code, stderr } = await diagnose(pod, ...TARGETS, "--report", "/proc/no/such/file");
    expect(code).toBe(2);
    expect(stderr).toContain("the report cannot be written");
  });
});

describe("a diagnosis that is kept on", () => {
  test("prints a report for each change, and ends by a signal as things stand", async () => {
    const pod = await podOfTest();
    const watch = pod.spawn(process.execPath, [bundle, "diagnose", "--watch", ...TARGETS]);
    const heads = () => watch.stdout().match(/^The gate is \w+/gm) ?? [];
    await vi.waitFor(() => expect(heads()).toEqual(["The gate is CLOSED"]), { timeout: 20_000 });
    await serve(pod, 9000);
    await serve(pod, 9500);
    await vi.waitFor(() => expect(heads().at(-1)).toBe("The gate is OPEN"), { timeout: 20_000 });
    watch.kill("SIGINT");
    expect((await watch.exited).code).toBe(0);
  });
});

describe("a diagnosis from a file", () => {
  test("replays a journal, and says that its verdicts follow again", async () => {
    const pod = await podOfTest();
    const journal = join(folderOfTest(), "journal");
    const gate = await startGate(pod, { args: [...TARGETS, "--journal", journal] });
    await serve(pod, 9000);
    await vi.waitFor(async () => expect((await gate.target("http")).verdict.code).toBe("READY"), { timeout: 10_000 });
    gate.process.kill("SIGTERM");
    await gate.process.exited;
    chmodSync(journal, 0o644);
    const { code, stdout } = await diagnose(pod, "--from", journal);
    expect(code).toBe(10);
    expect(stdout).toContain(`A replay of the journal ${journal}`);
    expect(stdout).toMatch(/All \d+ recorded verdicts follow again from their observations\./);
    expect(stdout).toMatch(/· \S+Z http: NOT_LISTENING → READY/);
  });

  test("reads a capture of bash, with the same verdict as a look", async () => {
    const pod = await podOfTest();
    const folder = folderOfTest();
    await iptables(pod, "--dport", "9500", "-j", "REJECT", "--reject-with", "tcp-reset");
    const script = await pod.run(process.execPath, [bundle, "capture", "--print-script", ...TARGETS]);
    writeFileSync(join(folder, "script"), script.stdout);
    writeFileSync(join(folder, "capture"), (await pod.run("bash", [join(folder, "script")])).stdout);
    const { code, stdout } = await diagnose(pod, "--from", join(folder, "capture"));
    expect(code).toBe(11);
    expect(stdout).toContain("A replay of the capture");
    expect(stdout).toMatch(/^ {2}grpc REJECTED \(network-block\): /m);
  });

  test("reads a snapshot as it was handed over", async () => {
    const pod = await podOfTest();
    const file = join(folderOfTest(), "ticket.json");
    writeFileSync(file, JSON.stringify(await snapshotIn(pod)));
    const { code, stdout } = await diagnose(pod, "--from", file);
    expect(code).toBe(10);
    expect(stdout).toContain(`From the snapshot in ${file}.`);
  });

  test.each([
    ["a file that is not there", ["--from", "/no/such/file"], "cannot be read"],
    ["a file of another kind", ["--from", "/etc/hostname"], "neither a journal"],
    ["a file and a watch", ["--from", "x", "--watch"], "take one of them"],
    ["a report of a watch", ["--watch", "--report", "x"], "without --watch"],
    ["two things on one output", ["--json", "--report", "-"], "both go to standard output"],
  ])("refuses %s", async (_what, args, reason) => {
    const pod = await podOfTest();
    const { code, stderr, stdout } = await diagnose(pod, ...args);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(reason);
  });
});
