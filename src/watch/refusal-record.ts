import { coveringSockets, isIpv4 } from "../core/coverage.ts";
import type { ListeningSocket } from "../core/observation.ts";
import type { Clock } from "../core/ports.ts";
import {
  BURSTS_KEPT,
  type Burst,
  provesResets,
  type RefusalProof,
  type TargetBurst,
  whoRefused,
} from "../core/proof.ts";
import type { ListenTable } from "../kernel/listen-table.ts";

/** What the proof of a refusal is gathered with. */
export interface RefusalParts {
  readonly clock: Clock;
  readonly table: ListenTable;
  readonly burst: (address: string, port: number) => Promise<Burst>;
  readonly controlBurst: (address: string) => Promise<Burst | null>;
  /** Entries of connection tracking while a connection over this loopback address is held open; null: not told. */
  readonly trackedWhileConnected: (address: string) => Promise<number | null>;
  /** Told of connects of a burst that were not refused: they may wait in the server's accept queue. */
  readonly onConnected: (port: number, count: number) => void;
}

/** Keeps the proof of who refuses one address and port, and renews it while the port refuses. */
export interface RefusalRecord {
  /** The proof as of now; bursts are made when the last are too old, or did not decide. */
  proof(): Promise<RefusalProof>;
}

/** While a port refuses, the proof is renewed this often: rules may come and go. */
const RENEW_EVERY_MS = 1000;
/** Two bursts beside a listening socket must be this far apart; a little more than the rule that judges them asks. */
const RENEW_BESIDE_MS = 300;
const CONTROL_LASTS_MS = 10_000;
/** Bursts of one round at most: noise of other connections may blur one. */
const ROUND_LIMIT = 3;

export function newRefusalRecord(address: string, port: number, parts: RefusalParts): RefusalRecord {
  const { clock, table } = parts;
  let bursts: readonly TargetBurst[] = [];
  let control: Burst | null = null;
  let trackedConnections: number | null = null;

  // Where nothing listens the last reading will do; beside a socket its inode must be read in the same moment.
  const covering = () => {
    const known = coveringOn(table.current(), address, port);
    return known.length === 0 ? known : coveringOn(table.fresh(), address, port);
  };
  const fire = async () => {
    const before = inodesOf(covering());
    const made = await parts.burst(address, port);
    const after = inodesOf(covering());
    if (made.refused < made.attempts) parts.onConnected(port, made.attempts - made.refused);
    bursts = [...bursts, { ...made, inodes: before.join() === after.join() ? before : null }].slice(-BURSTS_KEPT);
  };
  const renewControl = async (maxAgeMs: number) => {
    const isFresh = control !== null && provesResets(control) && ageMs(control, clock) < maxAgeMs;
    if (!isFresh) control = await parts.controlBurst(address);
  };
  const round = async () => {
    await fire();
    await renewControl(CONTROL_LASTS_MS);
    for (let count = 1; count < ROUND_LIMIT && !isDecided({ bursts, control, trackedConnections }); count += 1) {
      await fire();
      // What accuses a rule must be proven in the same moment.
      if (isSuspect(bursts.at(-1))) await renewControl(0);
    }
    if (isDoubtful(covering(), address)) trackedConnections = await parts.trackedWhileConnected(address);
  };
  return {
    proof: async () => {
      const latest = bursts.at(-1);
      const everyMs = (latest?.inodes?.length ?? 0) > 0 ? RENEW_BESIDE_MS : RENEW_EVERY_MS;
      if (latest === undefined || ageMs(latest, clock) >= everyMs) await round();
      return { bursts, control, trackedConnections };
    },
  };
}

/** Whether the last burst shows who refused: the kernel by itself, a rule together with the one before. */
function isDecided(proof: RefusalProof): boolean {
  return isSuspect(proof.bursts.at(-1)) ? whoRefused(proof) === "firewall" : whoRefused(proof) === "kernel";
}

function isSuspect(burst: Burst | undefined): boolean {
  return burst !== undefined && burst.resetsSent !== null && burst.resetsSent < burst.attempts;
}

/** Only wildcard sockets of IPv6 serve the port, and the address is IPv4: whether they do hangs on the nat table. */
function isDoubtful(covering: readonly ListeningSocket[], address: string): boolean {
  return isIpv4(address) && covering.length > 0 && covering.every((socket) => socket.address === "::");
}

function coveringOn(all: readonly ListeningSocket[] | null, address: string, port: number): readonly ListeningSocket[] {
  return coveringSockets(
    address,
    (all ?? []).filter((socket) => socket.port === port),
  );
}

function inodesOf(sockets: readonly ListeningSocket[]): readonly number[] {
  return sockets.map(({ inode }) => inode).sort((a, b) => a - b);
}

function ageMs({ at }: Burst, clock: Clock): number {
  return clock.now().monotonicMs - at.monotonicMs;
}
