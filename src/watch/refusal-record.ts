import { coveringSockets } from "../core/coverage.ts";
import type { ListeningSocket } from "../core/observation.ts";
import type { Clock } from "../core/ports.ts";
import {
  BURSTS_KEPT,
  type Burst,
  isRefusedByIcmp,
  isSentElsewhere,
  isSighting,
  provesResets,
  type RefusalProof,
  type TargetBurst,
  whoRefused,
} from "../core/proof.ts";
import type { ListenTable } from "../kernel/listen-table.ts";
import type { Bursts } from "../probes/burst.ts";

/** What the proof of a refusal is gathered with. */
export interface RefusalParts extends Bursts {
  readonly clock: Clock;
  readonly table: ListenTable;
  /** Entries of connection tracking while a connection over this loopback address is held open; null: not told. */
  readonly trackedWhileConnected: (address: string) => Promise<number | null>;
  /** Told of connects of a burst that were not refused: they may wait in the server's accept queue. */
  readonly onConnected: (port: number, count: number) => void;
}

/** Keeps the proof of who refuses one address and port, and renews it while the port refuses. */
export interface RefusalRecord {
  /** The proof as of now; bursts are made when the last are too old, or did not decide. */
  proof(): Promise<RefusalProof>;
  /** A control of now, alone: how a port fares that nobody has, and whether this kernel's counters move. */
  controlOnly(): Promise<RefusalProof>;
}

/** While a port refuses, the proof is renewed this often: rules may come and go. */
const RENEW_EVERY_MS = 1000;
/** Two bursts beside a listening socket must be this far apart; a little more than the rule that judges them asks. */
const RENEW_BESIDE_MS = 300;
const CONTROL_LASTS_MS = 10_000;
/** Bursts of one round at most: noise of other connections may blur some. */
const ROUND_LIMIT = 3;
/** The same while a rule is suspected: noise can only hide it. */
const SUSPECT_LIMIT = 6;

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
    const { burst, connected } = await parts.burst(address, port);
    const after = inodesOf(covering());
    if (connected > 0) parts.onConnected(port, connected);
    const inodes = before.join() === after.join() ? before : null;
    bursts = [...bursts, { ...burst, inodes }].slice(-BURSTS_KEPT);
  };
  const renewControl = async () => {
    // What accuses a rule must be proven in the same moment.
    const maxAgeMs = isSuspect(bursts.at(-1)) ? 0 : CONTROL_LASTS_MS;
    const isFresh = control !== null && control.resetsSent === control.attempts && ageMs(control, clock) < maxAgeMs;
    if (!isFresh) control = await parts.controlBurst(address);
  };
  const round = async () => {
    for (let count = 0; count < SUSPECT_LIMIT; count += 1) {
      await fire();
      await renewControl();
      const latest = bursts.at(-1);
      const isLimit = count + 1 >= ROUND_LIMIT && !isSuspect(latest);
      if (isLimit || !isWorthAnother({ bursts, control, trackedConnections })) break;
    }
    // Asked anew in each round: rules of the nat table come and go.
    const isBeside = bursts.slice(-1).some(isSighting);
    trackedConnections = isBeside ? await parts.trackedWhileConnected(address) : null;
  };
  return {
    controlOnly: async () => {
      control = await parts.controlBurst(address);
      return { bursts: [], control, trackedConnections: null };
    },
    proof: async () => {
      const latest = bursts.at(-1);
      const everyMs = (latest?.inodes?.length ?? 0) > 0 ? RENEW_BESIDE_MS : RENEW_EVERY_MS;
      if (latest === undefined || ageMs(latest, clock) >= everyMs) await round();
      return { bursts, control, trackedConnections };
    },
  };
}

/** Whether another burst may show who refuses: not when it is told already, nor when nothing was refused. */
function isWorthAnother(proof: RefusalProof): boolean {
  const latest = proof.bursts.at(-1);
  if (latest === undefined || whoRefused(proof) === "firewall") return false;
  // A server elsewhere that refuses is not to be knocked at more than needed.
  if (isSentElsewhere({ ...proof, bursts: [latest] })) return false;
  const bringsIcmp = isRefusedByIcmp({ ...proof, bursts: [latest, latest] });
  if (latest.refused < latest.attempts) return bringsIcmp;
  if (isSuspect(latest)) return bringsIcmp || provesResets(proof.control);
  return latest.resetsSent !== null && whoRefused(proof) !== "kernel";
}

/** Whether the kernel sent too few resets to have refused all attempts. */
function isSuspect(burst: Burst | undefined): boolean {
  return burst !== undefined && burst.resetsSent !== null && burst.resetsSent < burst.attempts;
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
