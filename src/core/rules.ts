import { hostPort, SOCKETS_SHOWN } from "./evidence.ts";
import type { Facts } from "./facts.ts";
import type { Answer } from "./observation.ts";
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
    code: "NOT_READY",
    applies: (facts) => answered(facts, "ready"),
    summary: (facts) => `${place(facts)} is ready, but not yet its models ${pendingModels(facts).join(", ")}`,
  },
  {
    code: "NOT_READY",
    applies: (facts) => answered(facts, "not-ready"),
    summary: (facts) => `${place(facts)} answers ${code(facts)}: not ready`,
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
    summary: (facts) => `${place(facts)} closes the connection without an answer: ${closedBy(facts)}`,
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
    applies: ({ path }) => path.connect?.errno === "EMFILE" || path.connect?.errno === "ENFILE",
    summary: (facts) => `the gate is out of file descriptors and cannot look at ${place(facts)}`,
  },
  {
    code: "REMOTE_UNREACHABLE",
    applies: ({ path }) => !path.isLocal && path.connect !== null && path.connect.outcome !== "ok",
    summary: (facts) => `${place(facts)} is outside this network namespace: ${facts.path.connect?.outcome}`,
  },
  {
    code: "BOUND_ELSEWHERE",
    applies: (facts) => isRefused(facts) && (facts.sockets?.length ?? 0) > 0 && facts.covering.length === 0,
    summary: (facts) => `the port is bound on ${boundOn(facts)}, which does not serve ${facts.path.address}`,
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

function answered({ path }: Facts, kind: Answer["kind"]): boolean {
  return path.answer?.kind === kind;
}

/** No answer within the deadline, or none to earlier connections, which still wait to be accepted. */
function isSilent({ path }: Facts): boolean {
  return path.answer === null ? path.skipped === "accept-queue" : path.answer.kind === "silence";
}

/** Refused, or not tried because a closed port of the ephemeral range must not be. */
function isRefused({ path }: Facts): boolean {
  return path.connect?.outcome === "refused" || path.skipped === "ephemeral-port";
}

/** Refused with no socket on the port; without a LISTEN table a refusal alone says so, of a local address. */
function isUnbound(facts: Facts): boolean {
  if (facts.sockets !== null) return isRefused(facts) && facts.sockets.length === 0;
  return facts.path.isLocal && facts.path.connect?.outcome === "refused";
}

function pendingModels({ path }: Facts): readonly string[] {
  return path.answer?.modelsPending ?? [];
}

function code({ path }: Facts): string {
  return path.answer?.code ?? "";
}

function closedBy({ path }: Facts): string {
  return path.answer?.code ?? path.connect?.errno ?? "closed";
}

function silence({ path }: Facts): string {
  return path.answer?.code === "SETTINGS_ONLY"
    ? "accepts and sends its HTTP/2 SETTINGS, but answers no call (a busy event loop)"
    : "accepts connections, but does not answer";
}

function boundOn({ sockets, target }: Facts): string {
  const places = new Set((sockets ?? []).map((socket) => hostPort(socket.address, target.port)));
  return [...places]
    .sort((a, b) => (a < b ? -1 : 1))
    .slice(0, SOCKETS_SHOWN)
    .join(" and ");
}

function undecided({ path, covering }: Facts): string {
  if (path.connect === null) return "not tried in this look";
  const though = covering.length > 0 ? ", though a socket listens there" : "";
  return `connect ended with ${path.connect.outcome}${though}`;
}

function place({ path, target }: Facts): string {
  return hostPort(path.address, target.port);
}
