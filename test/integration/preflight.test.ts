import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { builtProgram } from "../support/built-program.ts";
import { createPod, type Pod, podsAvailable } from "../support/pod.ts";

const bundle = builtProgram();
const support = await podsAvailable();
const OWN = "10.42.0.7";
const OPEN = "every path to the targets' own addresses is open";
let pod: Pod;
const pods: Pod[] = [];

beforeEach(async ({ skip }) => {
  if (!support.ok) skip(support.reason);
  pod = await createPod({ address: `${OWN}/24` });
  pods.push(pod);
});

afterEach(async () => {
  await Promise.all(pods.splice(0).map((one) => one.destroy()));
});

const preflight = (...args: readonly string[]) => pod.run(process.execPath, [bundle, "preflight", ...args]);

async function rule(...words: readonly string[]): Promise<void> {
  const [command = "", ...args] = words.join(" ").split(" ");
  const { code, stderr } = await pod.run(command, args);
  expect(`${code}${stderr}`).toBe("0");
}

async function listening(port: number, script: string): Promise<void> {
  pod.spawn(process.execPath, ["-e", script]);
  await vi.waitFor(async () => expect(await pod.connect(port)).toBe("ok"), { timeout: 10_000 });
}

/** The cells of the table's row about a target. */
function row(stdout: string, target: string): Readonly<Record<string, string>> {
  const lines = stdout.split("\n").map((line) => line.split(/ {2,}/));
  const heads = lines[0] ?? [];
  const cells = lines.find(([name]) => name === target) ?? [];
  return Object.fromEntries(heads.map((head, index) => [head, cells[index] ?? ""]));
}

/** Binds a port as a server does that asks for no SO_REUSEADDR, and says how that went. */
const PLAIN_BIND = `import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
try:
  s.bind((sys.argv[1], int(sys.argv[2])))
  s.listen()
  print("bound")
except OSError as error:
  print(error.strerror)
`;
const plainBind = async (address: string, port: number) =>
  (await pod.run("python3", ["-c", PLAIN_BIND, address, String(port)])).stdout.trim();

describe("preflight in a pod where nothing is in the way", () => {
  test("finds every path open, binding as MLServer does", async () => {
    const { code, stdout, stderr } = await preflight();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(row(stdout, "http")).toEqual({
      target: "http",
      port: "9000",
      "bound on": "0.0.0.0",
      "127.0.0.1": "open",
      "::1": "not served",
      [OWN]: "open",
    });
    expect(row(stdout, "grpc")).toMatchObject({ "bound on": "::", "127.0.0.1": "open", "::1": "open", [OWN]: "open" });
    expect(row(stdout, "rclone")).toMatchObject({ port: "5572", "127.0.0.1": "open" });
    expect(stdout).toContain(OPEN);
  });

  test("leaves the ports so that a server can bind them at once, without asking for a port in TIME_WAIT", async ({
    skip,
  }) => {
    if ((await pod.run("sh", ["-c", "command -v python3"])).code !== 0) skip("no python3");
    expect((await preflight()).code).toBe(0);
    expect(await plainBind("0.0.0.0", 9000)).toBe("bound");
    expect(await plainBind("::", 9500)).toBe("bound");
    expect(await plainBind("0.0.0.0", 5572)).toBe("bound");
    // The client's ends are what is left.
    expect(await pod.read("/proc/net/tcp")).toMatch(/^ *\d+: \S+ 0100007F:2328 06 /m);
    // A server that closes first would have kept its own port, which shows that the binds above could have failed.
    const serverFirst = `const net = require("node:net");
      const server = net.createServer((socket) => socket.end()).listen(9000, "127.0.0.1", () => {
        net.connect(9000, "127.0.0.1").resume().on("close", () => server.close());
      });`;
    expect((await pod.run(process.execPath, ["-e", serverFirst])).code).toBe(0);
    expect(await plainBind("0.0.0.0", 9000)).toBe("Address already in use");
  });

  test("tries other servers on all addresses of both families, and a port of several targets once", async () => {
    const { code, stdout } = await preflight(
      ...["--preset", "none", "--target", "a=tcp://localhost:7000", "--target", "b=http://[::1]:7000/"],
      ...["--target", "far=tcp://192.0.2.1:7000?required=false"],
    );
    expect(code).toBe(0);
    expect(row(stdout, "a, b")).toMatchObject({ "bound on": "::", "127.0.0.1": "open", "::1": "open", [OWN]: "open" });
    expect(stdout).toContain("far was not tried: 192.0.2.1 is outside this network namespace");
  });

  test("takes the pod's addresses that it is given for the only other ones", async () => {
    const { stdout } = await preflight("--pod-ips", OWN);
    expect(Object.keys(row(stdout, "grpc"))).toEqual(["target", "port", "bound on", "127.0.0.1", "::1", OWN]);
  });

  test("binds IPv4 alone where IPv6 is off", async () => {
    await rule("sysctl -q -w net.ipv6.conf.all.disable_ipv6=1");
    const { code, stdout } = await preflight();
    expect(code).toBe(0);
    expect(Object.keys(row(stdout, "grpc"))).not.toContain("::1");
    expect(row(stdout, "grpc")).toMatchObject({ "127.0.0.1": "open", [OWN]: "open" });
  });
});

describe("preflight in a pod with a rule in the way", () => {
  test.each([
    ["a reset", "iptables -A INPUT -p tcp --dport 9500 -j REJECT --reject-with tcp-reset", "REJECTED"],
    ["an ICMP refusal", "iptables -A OUTPUT -p tcp --dport 9500 -j REJECT", "REJECTED"],
    ["silence", "iptables -A INPUT -p tcp --dport 9500 -j DROP", "DROPPED"],
    [
      "a prohibition",
      "iptables -A INPUT -p tcp --dport 9500 -j REJECT --reject-with icmp-admin-prohibited",
      "UNREACHABLE",
    ],
    [
      "a detour to a closed port",
      "iptables -t nat -A OUTPUT -p tcp --dport 9500 -j REDIRECT --to-ports 1",
      "INTERCEPTED",
    ],
  ])("%s: ends with 11 and says what it is, and that the other port is free", async (_what, words, code) => {
    await rule(words);
    const result = await preflight();
    expect(result.code).toBe(11);
    expect(row(result.stdout, "grpc")).toMatchObject({ "127.0.0.1": code });
    expect(row(result.stdout, "http")).toMatchObject({ "127.0.0.1": "open" });
    expect(result.stdout).toMatch(new RegExp(`^! grpc: ${code}: .*\\n(  - .*\\n){3}`, "m"));
    expect(result.stdout.trimEnd().split("\n").at(-1)).toMatch(new RegExp(`^blocked: ${code}: `));
  });

  test("a detour to something that answers, which a connection alone would not show", async () => {
    await listening(7777, `require("node:net").createServer((s) => s.on("error", () => {}).pipe(s)).listen(7777)`);
    await rule("iptables -t nat -A OUTPUT -p tcp -d 127.0.0.1 --dport 9000 -j REDIRECT --to-ports 7777");
    const { code, stdout } = await preflight();
    expect(code).toBe(11);
    expect(row(stdout, "http")).toMatchObject({ "127.0.0.1": "INTERCEPTED", [OWN]: "open" });
    expect(stdout).toContain("of 16 random bytes that were sent, none reached the socket bound to 0.0.0.0:9000");
    expect(stdout).toContain("16 bytes came back");
  });

  test("over IPv6 too", async () => {
    await rule("ip6tables -A INPUT -p tcp --dport 9500 -j REJECT --reject-with tcp-reset");
    const { code, stdout } = await preflight("--preset", "none", "--target", "a=tcp://[::1]:9500");
    expect(code).toBe(11);
    expect(row(stdout, "a")).toMatchObject({ "::1": "REJECTED", "127.0.0.1": "open" });
  });

  test.each([
    ["HTTP at the pod's own address", "http://[fd00::7]:9000/", "fd00::7"],
    ["TCP on loopback", "tcp://[::1]:9000", "::1"],
    ["HTTPS on loopback", "https://[::1]:9000/", "::1"],
    ["the wildcard, which stands for loopback", "tcp://[::]:9000", "::1"],
  ])("over IPv6 where MLServer would listen on IPv4 alone: %s", async (_what, url, address) => {
    await rule("ip address add fd00::7/64 dev eth0 nodad");
    await rule(`ip6tables -A OUTPUT -p tcp -d ${address} --dport 9000 -j DROP`);
    const { code, stdout } = await preflight("--target", `a=${url}`);
    expect(code).toBe(11);
    expect(row(stdout, "a")).toMatchObject({ "bound on": "::", [address]: "DROPPED", "127.0.0.1": "open" });
    expect(stdout).not.toContain(OPEN);
  });

  test("on another address of the pod alone, it is shown and does not count", async () => {
    await rule(`iptables -A INPUT -p tcp -d ${OWN} --dport 9000 -j REJECT`);
    const { code, stdout } = await preflight();
    expect(code).toBe(0);
    expect(row(stdout, "http")).toMatchObject({ "127.0.0.1": "open", [OWN]: "REJECTED" });
    expect(stdout).toContain("the kubelet's probes come over those");
  });

  test("on a target that is not required alone, it does not count either", async () => {
    await rule("iptables -A INPUT -p tcp --dport 5572 -j REJECT --reject-with tcp-reset");
    const { code, stdout } = await preflight();
    expect(code).toBe(0);
    expect(row(stdout, "rclone")).toMatchObject({ "127.0.0.1": "REJECTED" });
  });

  test("goes on when it is told to, and leaves its words for kubectl describe pod", async () => {
    const folder = mkdtempSync(join(tmpdir(), "preflight-"));
    const log = join(folder, "termination-log");
    writeFileSync(log, "");
    await rule("iptables -A INPUT -p tcp --dport 9500 -j REJECT --reject-with tcp-reset");
    const { code, stdout } = await preflight("--on-block", "continue", "--termination-log", log);
    expect(code).toBe(0);
    expect(stdout).toContain("going on in spite of it");
    expect(readFileSync(log, "utf8")).toMatch(/^preflight: blocked: REJECTED: /);
    rmSync(folder, { recursive: true });
  });
});

describe("preflight where a port is taken", () => {
  test("ends with 12 and names the socket", async () => {
    await listening(9500, `require("node:net").createServer(() => {}).listen(9500, "127.0.0.1")`);
    const { code, stdout } = await preflight();
    expect(code).toBe(12);
    expect(row(stdout, "grpc")).toMatchObject({ "bound on": "EADDRINUSE" });
    expect(stdout).toMatch(
      /^! grpc: port 9500 cannot be bound: EADDRINUSE\n {2}- 127\.0\.0\.1:9500 listens, uid \d+, inode \d+\n/m,
    );
    expect((await preflight("--on-block", "continue")).code).toBe(0);
  });

  test("calls a block worse than a port that is taken", async () => {
    await listening(9500, `require("node:net").createServer(() => {}).listen(9500)`);
    await rule("iptables -A INPUT -p tcp --dport 9000 -j REJECT --reject-with tcp-reset");
    expect((await preflight()).code).toBe(11);
  });
});
