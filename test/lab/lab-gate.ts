import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import type { Snapshot, SnapshotTarget } from "../../src/core/snapshot.ts";
import type { TransitionJson } from "../../src/core/transition-json.ts";
import type { VerdictClass, VerdictCode } from "../../src/core/verdict-table.ts";
import type { Pod } from "../support/pod.ts";
import { namespaceSupport } from "../support/pod-namespace.ts";
import type { PodProcess } from "../support/pod-process.ts";
import { POD_ADDRESS } from "./addresses.ts";
import type { Cgroup } from "./cgroup.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));

/** The program under test. */
export const PROGRAM = `${project}dist/readiness-gate.mjs`;

const ADMIN_PORT = 9022;
const STARTED_WITHIN_MS = 20_000;
/** A gate that is open looks this often; the default of 5 s would make every later stage a long one. */
const INTERVAL = "250ms";

/** How the gate's process is run; as an ordinary user without capabilities in any case. */
export interface GateRun {
  /** What stands in `/etc/hosts`. */
  readonly hosts?: string;
  /** Command line that runs what follows it, as root. */
  readonly under?: readonly string[];
  /** Whether the process is put into the lab's own cgroup. */
  readonly isInCgroup?: boolean;
}

/** How the gate is set and run. */
export interface GateOptions {
  /** `name=url` of each target; default: preset `seldon`. */
  readonly targets?: readonly string[];
  /** Further flags of `serve`. */
  readonly flags?: readonly string[];
  readonly run?: GateRun;
  /** Where the lab reads `/status` and `/journal`: `127.0.0.1` unless that is what a rule blocks. */
  readonly admin?: "127.0.0.1" | "::1" | "peer";
}

/** Where the gate is to stand. */
export interface GatePlace {
  readonly pod: Pod;
  readonly peer: Pod | null;
  cgroup(): Cgroup;
}

/** A line of the gate's log that tells a target's verdict. */
export interface LoggedVerdict {
  readonly time: string;
  readonly target: string;
  readonly verdict: VerdictCode;
  readonly class: VerdictClass;
  readonly evidence: readonly string[];
}

/** A gate that watches a pod of the lab. */
export interface LabGate {
  readonly process: PodProcess;
  /** When it began to watch, in milliseconds of the wall clock. */
  readonly startedAtMs: number;
  status(): Promise<Snapshot>;
  target(name: string): Promise<SnapshotTarget>;
  /** The verdicts that it has logged so far. */
  logged(): readonly LoggedVerdict[];
  /** Every transition so far, as `/journal` tells it. */
  journal(): Promise<readonly TransitionJson[]>;
}

/** The V8 settings that the image starts the program with. */
function nodeFlags(): readonly string[] {
  const { config } = JSON.parse(readFileSync(`${project}package.json`, "utf8")) as { config: { nodeFlags: string } };
  return config.nodeFlags.split(" ");
}

/** Runs what follows as an ordinary user without capabilities; in a user namespace, as its root without capabilities. */
export async function asOrdinaryUser(): Promise<readonly string[]> {
  const support = await namespaceSupport();
  const user = support.ok && support.mode === "named" ? ["--reuid=1000", "--regid=1000", "--clear-groups"] : [];
  return ["setpriv", ...user, "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "--"];
}

/** Puts text over `/etc/hosts` in a mount namespace of the process's own. */
function withHosts(text: string): readonly string[] {
  const script = 'file=$(mktemp) && printf %s "$0" >"$file" && chmod 644 "$file" && mount --bind "$file" /etc/hosts';
  return ["unshare", "--mount", "sh", "-c", `${script} && rm "$file" && exec "$@"`, text];
}

async function commandOf(place: GatePlace, options: GateOptions): Promise<readonly [string, ...string[]]> {
  const { hosts, under = [], isInCgroup = false } = options.run ?? {};
  const host = { "127.0.0.1": "127.0.0.1", "::1": "[::1]", peer: POD_ADDRESS }[options.admin ?? "127.0.0.1"];
  const flags = ["--interval", INTERVAL, "--admin-listen", `${host}:${ADMIN_PORT}`, ...(options.flags ?? [])];
  const targets = (options.targets ?? []).flatMap((target) => ["--target", target]);
  const enterCgroup = ["sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"'];
  return [
    "env",
    ...(hosts === undefined ? [] : withHosts(hosts)),
    ...under,
    ...(isInCgroup ? [...enterCgroup, place.cgroup().path] : []),
    ...(await asOrdinaryUser()),
    ...[process.execPath, ...nodeFlags(), PROGRAM, "serve", ...flags, ...targets],
  ];
}

/** Starts `readiness-gate serve` in the lab's pod, and waits until it tells its state. */
export async function startLabGate(place: GatePlace, options: GateOptions): Promise<LabGate> {
  const [command, ...args] = await commandOf(place, options);
  const process_ = place.pod.spawn(command, args);
  const reader = options.admin === "peer" ? place.peer : place.pod;
  if (reader === null) throw new Error("the gate is to be read from a peer, and there is none");
  const host = options.admin === "peer" ? POD_ADDRESS : options.admin;
  const read = async (path: string) => {
    const { status, body } = await reader.get(ADMIN_PORT, path, host === undefined ? {} : { host });
    if (status !== 200) throw new Error(`${path} answers ${status}: ${body}`);
    return body;
  };
  const status = async () => JSON.parse(await read("/status")) as Snapshot;
  const { startedAt } = await vi.waitFor(status, { timeout: STARTED_WITHIN_MS, interval: 20 }).catch((cause) => {
    throw new Error(`the gate did not start: ${process_.stdout()}${process_.stderr()}`, { cause });
  });
  return {
    process: process_,
    startedAtMs: Date.parse(startedAt),
    status,
    target: async (name) => {
      const target = (await status()).targets.find((each) => each.name === name);
      if (target === undefined) throw new Error(`the snapshot has no target ${name}`);
      return target;
    },
    logged: () => loggedVerdicts(process_.stdout()),
    journal: async () => {
      const lines = (await read("/journal")).split("\n").filter(Boolean);
      return lines.map((line) => JSON.parse(line) as TransitionJson);
    },
  };
}

function loggedVerdicts(log: string): readonly LoggedVerdict[] {
  // The last line may be half there.
  const lines = log.split("\n").slice(0, -1).filter(Boolean);
  const parsed = lines.map((line) => JSON.parse(line) as Partial<LoggedVerdict>);
  return parsed.filter((line): line is LoggedVerdict => line.evidence !== undefined && line.verdict !== undefined);
}
