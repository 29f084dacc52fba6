import type { Facts } from "./facts.ts";
import {
  answered,
  endedWith,
  hasNoNat,
  isAddressMissing,
  isBacklogFull,
  isConnectedToNobody,
  isCrashLooping,
  isDropped,
  isLoopbackDown,
  isOwnLimit,
  isRefused,
  isRefusedByKernelBesideSocket,
  isRefusedByRule,
  isSilent,
  isUnbound,
  isWildcardDoubtful,
  isWithoutZone,
  pendingModels,
  saysNotReady,
} from "./signs.ts";
import { beside, boundFor, boundOn, closedBy, code, ended, place, silence, undecided } from "./summary-words.ts";
import type { VerdictCode } from "./verdict-table.ts";

/** One line of the table that verdicts are told by. */
export interface Rule {
  readonly code: VerdictCode;
  /** Whether the rule decides this path; only asked when no earlier rule did. */
  readonly applies: (facts: Facts) => boolean;
  /** The verdict's one-line summary: stable while the cause is the same. */
  readonly summary: (facts: Facts) => string;
}

/**
 * The rules in the order in which they are asked; the first that applies decides. What the server itself said goes
 * first, then what the connection showed, then what the LISTEN table shows of a port that refuses. The last rule always
 * applies, so that every look has exactly one verdict.
 */
export const RULES: readonly Rule[] = [
  {
    code: "READY",
    applies: (facts) => answered(facts, "ready") && pendingModels(facts).length === 0,
    summary: (facts) => `${place(facts)} answers and is ready`,
  },
  {
    code: "RESTARTING",
    applies: (facts) => isCrashLooping(facts) && (saysNotReady(facts) || isStarting(facts) || isFreelyUnbound(facts)),
    summary: (facts) => `the server on ${place(facts)} restarts again and again`,
  },
  {
    code: "NOT_READY",
    applies: (facts) => answered(facts, "ready"),
    summary: (facts) => `${place(facts)} is ready, but not yet its models ${pendingModels(facts).join(", ")}`,
  },
  {
    code: "NOT_READY",
    applies: saysNotReady,
    summary: (facts) => `${place(facts)} answers ${code(facts)}: not ready`,
  },
  {
    code: "INTERCEPTED",
    applies: isConnectedToNobody,
    summary: (facts) => `something accepts connections to ${place(facts)} though nothing listens there`,
  },
  {
    code: "NO_SUCH_ENDPOINT",
    applies: (facts) => answered(facts, "no-such-endpoint"),
    summary: (facts) => `${place(facts)} has no ${facts.path.answer?.asked}: ${code(facts)}`,
  },
  {
    code: "WRONG_PROTOCOL",
    applies: (facts) => answered(facts, "wrong-protocol"),
    summary: (facts) => `${place(facts)} does not speak ${facts.target.scheme}: ${code(facts)}`,
  },
  {
    code: "TLS_MISMATCH",
    applies: (facts) => answered(facts, "tls"),
    summary: (facts) => `${place(facts)}: TLS does not match: ${code(facts)}`,
  },
  {
    code: "ERRORING",
    applies: (facts) => answered(facts, "error"),
    summary: (facts) => `${place(facts)} answers with an error: ${code(facts)}`,
  },
  {
    code: "RESET",
    applies: (facts) => answered(facts, "closed") || facts.path.connect?.outcome === "reset",
    summary: (facts) => `${place(facts)} ends the ${ended(facts)} without an answer: ${closedBy(facts)}`,
  },
  {
    code: "UNKNOWN",
    applies: (facts) => answered(facts, "other"),
    summary: (facts) => `${place(facts)} answers ${code(facts)}, which says neither ready nor not ready`,
  },
  {
    code: "HUNG",
    applies: (facts) => isSilent(facts) && facts.memory.hasAnsweredFromSocket,
    summary: (facts) => `${place(facts)} answered before, and now ${silence(facts)}`,
  },
  {
    code: "STARTING_UP",
    applies: isSilent,
    summary: (facts) => `${place(facts)} ${silence(facts)} yet`,
  },
  {
    code: "LOCAL_LIMIT",
    applies: (facts) => answered(facts, "unasked"),
    summary: (facts) => `the gate itself cannot ask ${place(facts)}: ${code(facts)}`,
  },
  {
    code: "LOCAL_LIMIT",
    applies: isOwnLimit,
    summary: (facts) => `the gate itself cannot connect to ${place(facts)}: ${facts.path.connect?.errno}`,
  },
  {
    code: "REMOTE_UNREACHABLE",
    applies: ({ path }) => !path.isLocal && path.connect !== null && path.connect.outcome !== "ok",
    summary: (facts) => `${place(facts)} is outside this network namespace: ${facts.path.connect?.outcome}`,
  },
  {
    code: "REJECTED",
    applies: isRefusedByRule,
    summary: (facts) => `a rule, not the kernel, refuses connections to ${place(facts)}${beside(facts)}`,
  },
  {
    code: "DENIED",
    applies: (facts) => endedWith(facts, "denied"),
    summary: (facts) => `the kernel forbids the connect to ${place(facts)}: ${facts.path.connect?.errno}`,
  },
  {
    code: "LOOPBACK_DOWN",
    applies: isLoopbackDown,
    summary: (facts) => `not even the gate's own listener is reached over loopback, and ${place(facts)} is not either`,
  },
  {
    code: "UNREACHABLE",
    applies: (facts) => endedWith(facts, "unreachable") && !isWithoutZone(facts),
    summary: (facts) => `there is no way to ${place(facts)}: ${facts.path.connect?.errno}`,
  },
  {
    code: "BACKLOG_FULL",
    applies: isBacklogFull,
    summary: (facts) => `the accept queue of ${place(facts)} is full: the server does not accept`,
  },
  {
    code: "DROPPED",
    applies: isDropped,
    summary: (facts) => `connects to ${place(facts)} vanish without an answer${beside(facts)}`,
  },
  {
    code: "BOUND_ELSEWHERE",
    applies: (facts) => isRefused(facts) && (facts.sockets?.length ?? 0) > 0 && facts.covering.length === 0,
    summary: (facts) => `the port is bound on ${boundOn(facts)}, which does not serve ${facts.path.address}`,
  },
  {
    code: "BOUND_ELSEWHERE",
    applies: isAddressMissing,
    summary: (facts) => `the address ${facts.path.address} does not exist here: IPv6 is off`,
  },
  {
    code: "BOUND_ELSEWHERE",
    applies: (facts) => isRefusedByKernelBesideSocket(facts) && hasNoNat(facts),
    summary: (facts) =>
      `the port is bound on ${boundOn(facts)} ${boundFor(facts)}, which does not serve ${facts.path.address}`,
  },
  {
    code: "INTERCEPTED",
    applies: (facts) => isRefusedByKernelBesideSocket(facts) && !isWildcardDoubtful(facts),
    summary: (facts) => `the kernel refuses connections to ${place(facts)} beside the socket that listens there`,
  },
  {
    code: "STOPPED_LISTENING",
    applies: (facts) => isUnbound(facts) && facts.hasEverListened,
    summary: (facts) => `nothing listens on ${place(facts)} any more`,
  },
  {
    code: "NEVER_LISTENED",
    applies: (facts) => isUnbound(facts) && facts.isOverBudget,
    summary: (facts) => `nothing has ever listened on ${place(facts)}, and the start-up budget is used up`,
  },
  {
    code: "NOT_LISTENING",
    applies: isUnbound,
    summary: (facts) => `nothing listens on ${place(facts)} yet`,
  },
  {
    code: "UNKNOWN",
    applies: () => true,
    summary: (facts) => `${place(facts)}: ${undecided(facts)}`,
  },
];

/** Bound, silent, and never heard of since it was bound. */
function isStarting(facts: Facts): boolean {
  return isSilent(facts) && !facts.memory.hasAnsweredFromSocket;
}

/** Nothing listens, and no rule is to blame. */
function isFreelyUnbound(facts: Facts): boolean {
  return isUnbound(facts) && !isRefusedByRule(facts);
}
