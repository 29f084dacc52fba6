import type { ConnectResult } from "../core/connect.ts";
import { coveringSockets } from "../core/coverage.ts";
import type { Answer, ListeningSocket, PathLook } from "../core/observation.ts";
import type { Clock } from "../core/ports.ts";
import type { Target } from "../core/target.ts";
import type { ListenTable } from "../kernel/listen-table.ts";
import type { Inquiry, Prober } from "../probes/prober.ts";
import type { AcceptLedger, LedgerEntry } from "./accept-ledger.ts";
import { type Awaited, awaited, TIME_UP } from "./settle-within.ts";

/** What a session asks with, and what it must mind. */
export interface SessionParts {
  readonly clock: Clock;
  readonly table: ListenTable;
  readonly ledger: AcceptLedger;
  readonly prober: Prober;
  readonly target: Target;
  readonly address: string;
  readonly isLocal: boolean;
  /** Whether the kernel may give the target's port to an outgoing connection. */
  readonly isEphemeralPort: boolean;
  /** Called when an answer comes after the look that asked for it had ended. */
  readonly onLateAnswer: () => void;
}

/** What one look asks of a session. */
export interface PathQuestion {
  /** Sockets on the target's port, any address; null where the table says nothing. */
  readonly sockets: readonly ListeningSocket[] | null;
  readonly models: readonly string[];
  readonly withinMs: number;
}

/** Asks one target at one address, look after look, and keeps a question out while the server is silent. */
export interface PathSession {
  look(question: PathQuestion): Promise<PathLook>;
  close(): void;
}

/** A question that is out. */
interface Pending {
  readonly inquiry: Inquiry;
  readonly askedMs: number;
  readonly connections: number;
  readonly entry: LedgerEntry;
  readonly inodes: readonly number[];
  /** Settles with the answer, or with null when a connect failed. */
  readonly concluded: Awaited<Answer | null>;
  connect: ConnectResult | null;
  /** The failure of a connect after one that succeeded. */
  laterFailure: ConnectResult | null;
  /** Whether a look is waiting for it. */
  isAwaited: boolean;
}

/** A question that the server leaves unanswered is asked anew after this time, within the budget of its queue. */
const PATIENCE_MS = 30_000;
/** A second connection, which the protocol opens after the first and tells nothing of, is in the queue by then. */
const ARRIVAL_MS = 250;
/**
 * While the table shows that nothing listens, a connect is tried this often: enough to see a rule or a redirect, and a
 * fraction of what a connect at each look would cost.
 */
const KNOCK_EVERY_MS = 400;

export function newPathSession(parts: SessionParts): PathSession {
  const { clock, ledger, prober, target } = parts;
  let pending: Pending | null = null;
  let last: PathLook | null = null;
  let knockedMs = Number.NEGATIVE_INFINITY;

  const drop = () => {
    pending?.inquiry.close();
    pending = null;
  };
  const ask = ({ sockets, models }: PathQuestion): Pending => {
    const connections = prober.connectionsPerAsk();
    knockedMs = clock.now().monotonicMs;
    const entry = ledger.opened(target.port, connections);
    return track(prober.ask(models), { connections, entry, inodes: inodesOf(sockets), parts });
  };
  const renewIfDue = (question: PathQuestion) => {
    if (pending === null || !isRenewalDue(pending, question, parts)) return;
    drop();
    prober.renew();
  };
  const conclude = (asked: Pending, answer: Answer | null | typeof TIME_UP): PathLook => {
    if (answer === TIME_UP && asked.connect?.outcome === "ok") {
      return { ...describe(parts), connect: asked.connect, answer: asked.inquiry.silence() };
    }
    settleLedger(parts, asked);
    drop();
    const connect = asked.laterFailure ?? asked.connect ?? deadlinePassed(clock.now().monotonicMs - asked.askedMs);
    return { ...describe(parts), connect, answer: answer === TIME_UP ? null : answer };
  };
  /** What to say of a port that the table shows closed, without a connect; null when one is due. */
  const closedPath = (): PathLook | null => {
    if (parts.isEphemeralPort) return { ...describe(parts), skipped: "ephemeral-port" };
    const isDue = clock.now().monotonicMs - knockedMs >= KNOCK_EVERY_MS;
    return isDue || last?.connect?.outcome !== "refused" ? null : { ...last, skipped: "not-listening" };
  };
  const look = async (question: PathQuestion): Promise<PathLook> => {
    const closed = isClosed(parts, question) ? closedPath() : null;
    if (closed !== null) return closed;
    renewIfDue(question);
    if (pending === null) {
      readQueue(parts);
      if (!ledger.admits(target.port, prober.connectionsPerAsk())) {
        return { ...(last ?? describe(parts)), skipped: "accept-queue" };
      }
      pending = ask(question);
    }
    const asked = pending;
    asked.isAwaited = true;
    const answer = await asked.concluded.within(question.withinMs);
    asked.isAwaited = false;
    last = conclude(asked, answer);
    return last;
  };
  return {
    look,
    close: () => {
      drop();
      prober.close();
    },
  };
}

function track(
  inquiry: Inquiry,
  { parts, ...asked }: Pick<Pending, "connections" | "entry" | "inodes"> & { parts: SessionParts },
): Pending {
  const failedConnect = inquiry.connected.then((connect) => {
    pending.connect = connect;
    noteArrival(pending, parts);
    return connect.outcome === "ok" ? new Promise<never>(() => {}) : null;
  });
  const failedLater = inquiry.failedLater.then((connect) => {
    pending.laterFailure = connect;
    return null;
  });
  const concluded = Promise.race([inquiry.answered, failedConnect, failedLater]);
  const pending: Pending = {
    ...asked,
    inquiry,
    askedMs: parts.clock.now().monotonicMs,
    concluded: awaited(concluded, parts.clock),
    connect: null,
    laterFailure: null,
    isAwaited: false,
  };
  void concluded.then(() => {
    if (!pending.isAwaited) parts.onLateAnswer();
  });
  return pending;
}

function noteArrival({ connect, connections, entry }: Pending, { clock, ledger }: SessionParts): void {
  if (connect?.outcome !== "ok") return;
  if (connections === 1) ledger.arrived(entry);
  else clock.after(ARRIVAL_MS, () => ledger.arrived(entry));
}

/** Whether a silent question should be asked anew, over a new connection. */
function isRenewalDue(pending: Pending, { sockets }: PathQuestion, parts: SessionParts): boolean {
  const { clock, ledger, prober, target } = parts;
  const isTold = parts.isLocal && sockets !== null;
  if (isTold && !sockets.some(({ inode }) => pending.inodes.includes(inode))) return true;
  const queue = queueOf(parts);
  if (queue === 0) return true;
  const isOld = clock.now().monotonicMs - pending.askedMs >= PATIENCE_MS;
  return isOld && ledger.admits(target.port, Math.max(prober.connectionsPerAsk(), pending.connections));
}

/** Reads how many connections wait in the port's accept queues, and corrects the ledger; null where it is not told. */
function queueOf({ table, ledger, target, isLocal }: SessionParts): number | null {
  const sockets = isLocal ? table.fresh() : null;
  if (sockets === null) return null;
  const onPort = sockets.filter(({ port }) => port === target.port);
  const waiting = onPort.reduce((sum, { acceptQueue }) => sum + acceptQueue, 0);
  ledger.atMost(target.port, waiting);
  return waiting;
}

/** Before a connection is opened: where none of ours can be waiting, the queue need not be read. */
function readQueue(parts: SessionParts): void {
  if (parts.ledger.pending(parts.target.port) > 0) queueOf(parts);
}

function settleLedger(parts: SessionParts, asked: Pending): void {
  const { ledger, target } = parts;
  if (asked.connect?.outcome !== "ok") {
    ledger.failed(asked.entry);
    return;
  }
  // An answer shows that its connection was accepted, and with it all before it. A TCP target is never heard of again,
  // and a kept gRPC channel is not the connection of this look: there only the queue itself tells, if it can be read.
  // Where a later connect failed, nothing tells of the first.
  const isOwn = target.scheme.startsWith("http") || asked.connections > 1;
  const isProof = isOwn && asked.laterFailure === null;
  if (isProof || !parts.isLocal || parts.table.current() === null) ledger.accepted(asked.entry);
  else ledger.arrived(asked.entry);
}

/** Whether the table shows that nothing serves the address. */
function isClosed({ address, isLocal }: SessionParts, { sockets }: PathQuestion): boolean {
  return isLocal && sockets !== null && coveringSockets(address, sockets).length === 0;
}

function describe({ address, isLocal }: SessionParts): PathLook {
  return { address, role: "target", isLocal, connect: null, skipped: null, answer: null, proof: null };
}

function deadlinePassed(ms: number): ConnectResult {
  return { outcome: "timeout", errno: "DEADLINE", refusedBy: null, ms: Math.round(ms * 10) / 10 };
}

function inodesOf(sockets: readonly ListeningSocket[] | null): readonly number[] {
  return (sockets ?? []).map(({ inode }) => inode);
}
