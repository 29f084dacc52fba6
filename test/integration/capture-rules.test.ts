import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CapturedTarget, readCapture } from "../../src/capture/read-capture.ts";
import { classify } from "../../src/core/classify.ts";
import type { ConnectOutcome, RefusedBy } from "../../src/core/connect.ts";
import { NO_MEMORY } from "../../src/core/memory.ts";
import { whoRefused } from "../../src/core/proof.ts";
import type { VerdictCode } from "../../src/core/verdict-table.ts";
import { HAS_BASH, runScript, scriptFor } from "../support/capture-run.ts";
import { POLICY } from "../support/looks.ts";
import { createNamespace, type Namespace, namespaceSupport } from "../support/pod-namespace.ts";

/** What is set up in a namespace of its own, and what the capture taken there must say of its one target. */
interface Scene {
  readonly name: string;
  readonly target?: string;
  /** Commands that are run in the namespace first. */
  readonly rules: readonly string[];
  /** A server on 127.0.0.1:9000: one that accepts, or one that does not, with its queue full. */
  readonly server?: "accepting" | "full";
  readonly outcome: ConnectOutcome;
  readonly refusedBy: RefusedBy | null;
  readonly code: VerdictCode;
}

const V4 = "tcp://127.0.0.1:9000";
const V6 = "tcp://[::1]:9000";
const REJECTED = { outcome: "refused", refusedBy: "firewall", code: "REJECTED" } as const;
const DROPPED = { outcome: "timeout", refusedBy: null, code: "DROPPED" } as const;
const OUT = "iptables -A OUTPUT -p tcp --dport 9000 -j";
const IN = "iptables -A INPUT -p tcp --dport 9000 -j";

const SCENES: readonly Scene[] = [
  { name: "a closed port", rules: [], outcome: "refused", refusedBy: "kernel", code: "NOT_LISTENING" },
  {
    name: "a closed port of ::1",
    target: V6,
    rules: [],
    outcome: "refused",
    refusedBy: "kernel",
    code: "NOT_LISTENING",
  },
  { name: "a listening port", rules: [], server: "accepting", outcome: "ok", refusedBy: null, code: "READY" },
  { name: "REJECT by reset on the way out", rules: [`${OUT} REJECT --reject-with tcp-reset`], ...REJECTED },
  { name: "REJECT by reset on the way in", rules: [`${IN} REJECT --reject-with tcp-reset`], ...REJECTED },
  {
    name: "REJECT by reset beside a listening socket",
    rules: [`${OUT} REJECT --reject-with tcp-reset`],
    server: "accepting",
    ...REJECTED,
  },
  {
    name: "REJECT by reset of ::1",
    target: V6,
    rules: ["ip6tables -A OUTPUT -p tcp --dport 9000 -j REJECT --reject-with tcp-reset"],
    ...REJECTED,
  },
  { name: "REJECT by ICMP", rules: [`${OUT} REJECT`], ...REJECTED },
  {
    name: "REJECT by ICMPv6 as administratively prohibited",
    target: V6,
    rules: ["ip6tables -A OUTPUT -p tcp --dport 9000 -j REJECT --reject-with icmp6-adm-prohibited"],
    ...REJECTED,
  },
  { name: "DROP on the way in", rules: [`${IN} DROP`], ...DROPPED },
  { name: "DROP on the way out, beside a listening socket", rules: [`${OUT} DROP`], server: "accepting", ...DROPPED },
  {
    name: "ICMP that says prohibited",
    rules: [`${IN} REJECT --reject-with icmp-admin-prohibited`],
    outcome: "unreachable",
    refusedBy: null,
    code: "UNREACHABLE",
  },
  {
    name: "REDIRECT to a dead port beside a listening socket",
    rules: ["iptables -t nat -A OUTPUT -p tcp --dport 9000 -j REDIRECT --to-ports 9001"],
    server: "accepting",
    outcome: "refused",
    refusedBy: "kernel",
    code: "INTERCEPTED",
  },
  { name: "a full queue", rules: [], server: "full", outcome: "timeout", refusedBy: null, code: "BACKLOG_FULL" },
  { name: "loopback down", rules: ["ip link set lo down"], outcome: "timeout", refusedBy: null, code: "LOOPBACK_DOWN" },
];

const ACCEPTING = `require("node:net").createServer((s) => s.on("error", () => {}).resume()).listen(9000, "127.0.0.1", () => console.log("up"))`;

const FULL = `import socket, time
server = socket.create_server(("127.0.0.1", 9000), backlog=0)
waiting = socket.create_connection(("127.0.0.1", 9000))
print("up", flush=True)
time.sleep(60)`;

const SERVERS = { accepting: [process.execPath, "-e", ACCEPTING], full: ["python3", "-c", FULL] } as const;

function serve({ enter }: Namespace, kind: "accepting" | "full"): Promise<ChildProcess> {
  const [file, ...args] = [...enter, ...SERVERS[kind]] as const;
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
    child.stdout?.once("data", () => resolve(child));
  });
}

async function takeCapture(scene: Scene, mode: "named" | "user"): Promise<CapturedTarget> {
  const namespace = await createNamespace(mode);
  const server = scene.server === undefined ? null : await serve(namespace, scene.server);
  try {
    for (const rule of scene.rules) {
      const [file, ...args] = [...namespace.enter, ...rule.split(" ")] as const;
      execFileSync(file, args, { stdio: "pipe" });
    }
    const run = await runScript(scriptFor([`target=${scene.target ?? V4}`]), namespace.enter);
    const read = readCapture(run.stdout);
    const [captured] = read.ok ? read.capture.targets : [];
    if (run.stderr !== "" || captured === undefined) throw new Error(JSON.stringify(run));
    return captured;
  } finally {
    server?.kill("SIGKILL");
    namespace.remove();
  }
}

const support = await namespaceSupport();
const hasIptables = ["/usr/sbin/iptables", "/sbin/iptables"].some((path) => existsSync(path));
const canRun = support.ok && hasIptables && HAS_BASH;

describe.skipIf(!canRun)("a capture taken by bash in a namespace with rules", () => {
  const captured = new Map<string, CapturedTarget>();

  beforeAll(async () => {
    const mode = support.ok ? support.mode : "named";
    await Promise.all(SCENES.map(async (scene) => captured.set(scene.name, await takeCapture(scene, mode))));
  }, 60_000);

  afterAll(() => captured.clear());

  it.each(SCENES)("tells of $name: $code", ({ name, outcome, refusedBy, code }) => {
    const found = captured.get(name);
    if (found === undefined) throw new Error("no capture was taken");
    const { target, look } = found;
    const [path] = look.paths;
    expect(path?.connect).toMatchObject({ outcome, refusedBy });
    const refusal = path?.proof?.refusal ?? null;
    // A control alone, as it goes with a time-out, tells of no refusal.
    const isAsked = refusal !== null && refusal.bursts.length > 0;
    expect(isAsked ? whoRefused(refusal) : null).toBe(refusedBy);
    expect(classify({ target, look, memory: NO_MEMORY, policy: POLICY, startedAt: look.began }).code).toBe(code);
  });
});
