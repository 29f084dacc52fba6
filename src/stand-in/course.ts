import { createPhaseClock } from "./phase-clock.ts";
import { createPhaseRecord, type PhaseRecord, type StandInPhase } from "./phases.ts";
import type { StandInPlan } from "./plan.ts";

/** What a course tells the server to do, and whom it tells about itself. */
export interface CourseActions {
  /** Binds the ports; rejects with the bind's error. */
  bind(): Promise<void>;
  /** Begins to answer. */
  answer(): void;
  /** Closes ports and connections; may be called more than once. */
  release(): Promise<void>;
  onPhase(phase: StandInPhase, wallMs: number): void;
}

/** The way from nothing to ready, phase after phase. */
export interface Course {
  readonly record: Pick<PhaseRecord, "phase" | "becameReadyAt" | "reached">;
  /** Ends the present phase now. */
  advance(): void;
  /** Overrides the time that the plan gives for readiness. */
  setReady(isReady: boolean): void;
  /** Ends the course: phases not reached yet never will be. */
  stop(reason: Error): Promise<void>;
  /** Sets off; resolves when the plan's first wait has begun. */
  start(): Promise<void>;
}

/** A course that has not set off yet. */
export function createCourse(plan: StandInPlan, actions: CourseActions): Course {
  const clock = createPhaseClock();
  const record = createPhaseRecord();
  let readyDelayMs = plan.readyAfterMs;
  let isStopped = false;

  const enter = (next: StandInPhase) => {
    const wallMs = Date.now();
    record.enter(next, wallMs);
    actions.onPhase(next, wallMs);
  };
  const stop = async (reason: Error) => {
    isStopped = true;
    clock.cancel();
    record.fail(reason);
    await actions.release();
  };
  const awaitReady = () => clock.wait(readyDelayMs, () => enter("ready"));
  const answer = () => {
    enter("answering");
    awaitReady();
    actions.answer();
  };
  const bind = async () => {
    try {
      await actions.bind();
    } catch (cause) {
      await stop(new Error(`The stand-in could not bind: ${String(cause)}`, { cause }));
      return;
    }
    if (isStopped) {
      await actions.release();
      return;
    }
    enter("bound");
    clock.wait(plan.answerAfterMs, answer);
  };
  const setReady = (isReady: boolean) => {
    readyDelayMs = isReady ? 0 : null;
    if (record.phase() === "ready" && !isReady) {
      enter("answering");
    }
    if (record.phase() === "answering") {
      awaitReady();
    }
  };
  const start = async () => {
    enter("starting");
    if (plan.bindAfterMs === 0) {
      await bind();
    } else {
      clock.wait(plan.bindAfterMs, bind);
    }
  };
  return { record, advance: clock.skip, setReady, stop, start };
}
