import type { ConnectResult } from "../core/connect.ts";
import { coveringSockets } from "../core/coverage.ts";
import type { ConnectSkip, ListeningSocket, PathLook } from "../core/observation.ts";
import type { Target } from "../core/target.ts";
import { isEphemeral } from "../kernel/ephemeral-range.ts";
import type { EvidenceParts, LookParts } from "./look-parts.ts";
import { settleWithin, TIME_UP } from "./settle-within.ts";

/**
 * Connects to the pod's other addresses, for evidence: they never make a target ready. It costs the server a connection
 * each, so it is done only when it can tell something: while a path of the target's own fails beside a listening socket,
 * and now and then while the target answers.
 */
export interface EvidencePaths {
  /** What the other addresses show beside a target's own paths; what was tried a moment ago is not tried again. */
  beside(paths: readonly PathLook[], sockets: readonly ListeningSocket[] | null): Promise<readonly PathLook[]>;
}

const ADDRESSES_LIMIT = 8;
/** Fewer than the server's accept queue may hold of ours, so that there is room for the question itself. */
const AT_ONCE = 3;
const FAILING_EVERY_MS = 1000;
const ANSWERING_EVERY_MS = 30_000;
/** The kernel answers for an address of its own at once, or a rule swallows the question. */
const KNOCK_MS = 200;

const LIVE_ANSWERS: ReadonlySet<string> = new Set(["ready", "not-ready", "other"]);

interface Kept {
  readonly atMs: number;
  /** Of the sockets on the port: what was seen before a restart of the server tells nothing. */
  readonly inodes: string;
  readonly everyMs: number;
  readonly paths: readonly PathLook[];
}

export function newEvidencePaths(target: Target, parts: LookParts): EvidencePaths {
  const { evidence, clock } = parts;
  if (evidence === undefined) return { beside: async () => [] };
  const tryOthers = async (paths: readonly PathLook[], onPort: Sockets): Promise<readonly PathLook[]> => {
    const asked = new Set(paths.map(({ address }) => address));
    const others = evidence.addresses().filter((one) => !asked.has(one) && parts.isLocalAddress(one));
    const tryOne = (address: string) => tryAddress(address, onPort, { target, parts, knock: evidence.knock });
    const seen: PathLook[] = [];
    while (seen.length < Math.min(others.length, ADDRESSES_LIMIT)) {
      const next = others.slice(seen.length, Math.min(seen.length + AT_ONCE, ADDRESSES_LIMIT));
      seen.push(...(await Promise.all(next.map(tryOne))));
    }
    return seen;
  };
  let kept: Kept | null = null;
  const beside: EvidencePaths["beside"] = async (paths, sockets) => {
    const onPort = sockets?.filter(({ port }) => port === target.port) ?? null;
    const everyMs = paceOf(paths, onPort);
    if (everyMs === null) {
      kept = null;
      return [];
    }
    const atMs = clock.now().monotonicMs;
    const inodes = (onPort ?? []).map(({ inode }) => inode).join();
    const isRecent = kept?.inodes === inodes && kept.everyMs === everyMs && atMs - kept.atMs < everyMs;
    if (kept !== null && isRecent) return kept.paths.map((path) => ({ ...path, skipped: path.skipped ?? "recent" }));
    kept = { atMs, inodes, everyMs, paths: await tryOthers(paths, onPort) };
    return kept.paths;
  };
  return { beside };
}

/** Sockets on the target's port; null where there is no table. */
type Sockets = readonly ListeningSocket[] | null;

/** How often other addresses are worth a connection; null: not at all. */
function paceOf(paths: readonly PathLook[], onPort: Sockets): number | null {
  const local = paths.filter(({ isLocal }) => isLocal);
  const isFailing = local.some(({ connect }) => connect !== null && connect.outcome !== "ok");
  if (isFailing) return onPort !== null && onPort.length > 0 ? FAILING_EVERY_MS : null;
  return local.some(({ answer }) => LIVE_ANSWERS.has(answer?.kind ?? "")) ? ANSWERING_EVERY_MS : null;
}

interface Attempt {
  readonly target: Target;
  readonly parts: LookParts;
  readonly knock: EvidenceParts["knock"];
}

async function tryAddress(address: string, onPort: Sockets, attempt: Attempt): Promise<PathLook> {
  const path: PathLook = {
    address,
    role: "evidence",
    isLocal: true,
    connect: null,
    skipped: null,
    answer: null,
    proof: null,
  };
  const skipped = reasonToSkip(address, onPort, attempt);
  return skipped === null ? { ...path, connect: await connectOnce(address, attempt) } : { ...path, skipped };
}

function reasonToSkip(address: string, onPort: Sockets, { target, parts }: Attempt): ConnectSkip | null {
  const { ephemeralPorts, ledger, table } = parts;
  const isCovered = coveringSockets(address, onPort ?? []).length > 0;
  if (!isCovered && isEphemeral(ephemeralPorts, target.port)) return "ephemeral-port";
  if (ledger.admits(target.port, 1)) return null;
  // The ledger knows only what it was told: perhaps the queue is empty by now.
  const waiting = table.fresh()?.filter(({ port }) => port === target.port) ?? [];
  if (waiting.length > 0) {
    ledger.atMost(
      target.port,
      waiting.reduce((sum, { acceptQueue }) => sum + acceptQueue, 0),
    );
  }
  return ledger.admits(target.port, 1) ? null : "accept-queue";
}

async function connectOnce(address: string, { target, parts, knock }: Attempt): Promise<ConnectResult> {
  const { clock, ledger } = parts;
  const entry = ledger.opened(target.port, 1);
  const inquiry = knock(address, target.port);
  const result = await settleWithin(inquiry.connected, KNOCK_MS, clock);
  inquiry.close();
  if (result === TIME_UP || result.outcome !== "ok") ledger.failed(entry);
  else ledger.arrived(entry);
  return result === TIME_UP ? { outcome: "timeout", errno: "DEADLINE", refusedBy: null, ms: KNOCK_MS } : result;
}
