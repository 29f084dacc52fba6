import { coveringSockets } from "./coverage.ts";
import { type Memory, rememberListening } from "./memory.ts";
import { type Moment, millisecondsBetween } from "./moment.ts";
import type { ListeningSocket, Look, PathLook } from "./observation.ts";
import type { GatePolicy } from "./policy.ts";
import type { Target } from "./target.ts";

/** What a verdict is told from: one look, what came before it, and the settings. All plain data, all recorded. */
export interface Case {
  readonly target: Target;
  readonly look: Look;
  /** From before the look. */
  readonly memory: Memory;
  readonly policy: GatePolicy;
  /** When the gate began to watch. */
  readonly startedAt: Moment;
}

/** A case seen from one of its paths, with what the rules ask of it worked out. */
export interface Facts extends Case {
  /** From before the look, but with its reading of the LISTEN table: a new socket has not answered yet. */
  readonly memory: Memory;
  readonly path: PathLook;
  /** Sockets on the port, any address; null where the LISTEN table says nothing of this path. */
  readonly sockets: readonly ListeningSocket[] | null;
  /** Those of them that may serve the path's address. */
  readonly covering: readonly ListeningSocket[];
  /** Whether the port was ever seen bound, in the table or by a connect. */
  readonly hasEverListened: boolean;
  /** Whether the look came after the start-up budget. */
  readonly isOverBudget: boolean;
}

/** Works out what the rules ask of one path. */
export function factsOf(situation: Case, path: PathLook): Facts {
  const { look, policy, startedAt } = situation;
  const memory = rememberListening(situation.memory, look);
  const sockets = look.listen.isKnown && path.isLocal ? look.listen.sockets : null;
  return {
    ...situation,
    memory,
    path,
    sockets,
    covering: sockets === null ? [] : coveringSockets(path.address, sockets),
    hasEverListened: memory.timeline.listening !== null || memory.timeline.connected !== null,
    isOverBudget: millisecondsBetween(startedAt, look.ended) > policy.startupBudgetMs,
  };
}
