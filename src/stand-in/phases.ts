/** The phases of a start, in their order. */
export const PHASES = ["starting", "bound", "answering", "ready"] as const;

/**
 * How far a server has come.
 *
 * - `starting`: nothing listens.
 * - `bound`: connections complete, nothing is answered.
 * - `answering`: answers, and says that it is not ready.
 * - `ready`: says that it is.
 */
export type StandInPhase = (typeof PHASES)[number];

/** One value for each side. */
export interface PerSide<Value> {
  readonly http: Value;
  readonly grpc: Value;
}

/** The bound ports; null before the bind and for a side that is not served. */
export type StandInPorts = PerSide<number | null>;

/** Called at each change of phase; `wallMs` is in milliseconds since the Unix epoch. */
export type PhaseListener = (phase: StandInPhase, wallMs: number, ports: StandInPorts) => void;

/** How far a server has come, to read and to wait for. */
export interface PhaseRecord {
  /** The phase entered last. */
  phase(): StandInPhase;
  /** When it last became ready, in milliseconds since the Unix epoch; null while it never was. */
  becameReadyAt(): number | null;
  /** Resolves with the wall time at which a phase was first entered; rejects with the reason when it never will be. */
  reached(phase: StandInPhase): Promise<number>;
  /** Notes that a phase was entered. */
  enter(phase: StandInPhase, wallMs: number): void;
  /** Phases that were not entered yet never will be. */
  fail(reason: Error): void;
}

interface Milestone {
  readonly promise: Promise<number>;
  resolve(wallMs: number): void;
  reject(reason: Error): void;
}

function createMilestone(): Milestone {
  let settle: Pick<Milestone, "resolve" | "reject"> = { resolve: () => undefined, reject: () => undefined };
  const promise = new Promise<number>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // A milestone that nobody waits for may fail without ending the process.
  promise.catch(() => undefined);
  return { promise, resolve: (wallMs) => settle.resolve(wallMs), reject: (reason) => settle.reject(reason) };
}

/** A record of a server that is starting. */
export function createPhaseRecord(): PhaseRecord {
  const milestones: Record<StandInPhase, Milestone> = {
    starting: createMilestone(),
    bound: createMilestone(),
    answering: createMilestone(),
    ready: createMilestone(),
  };
  let current: StandInPhase = "starting";
  let becameReadyAt: number | null = null;
  return {
    phase: () => current,
    becameReadyAt: () => becameReadyAt,
    reached: (phase) => milestones[phase].promise,
    enter: (phase, wallMs) => {
      current = phase;
      becameReadyAt = phase === "ready" ? wallMs : becameReadyAt;
      milestones[phase].resolve(wallMs);
    },
    fail: (reason) => {
      for (const phase of PHASES) {
        milestones[phase].reject(reason);
      }
    },
  };
}
