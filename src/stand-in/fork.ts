import { type ChildProcess, fork } from "node:child_process";
import { readReport, type StandInControl } from "./child-protocol.ts";
import { createPhaseRecord, type PhaseListener, type PhaseRecord, type StandInPorts } from "./phases.ts";
import type { StandInPlanInput } from "./plan.ts";

/** How long `stop` waits before it kills: a blocked loop does not see its channel close. */
const STOP_GRACE_MS = 1000;

/** How to start a stand-in as a child process. */
export interface ForkOptions {
  /** The program's entry; its subcommand `stand-in` must call `runStandInChild` with the argument that follows. */
  readonly modulePath: string;
  /** Flags of Node.js for the child. */
  readonly execArgv: readonly string[];
  readonly plan: StandInPlanInput;
  readonly onPhase?: PhaseListener;
}

/** A stand-in in a child process: a blocked loop there blocks nothing here. */
export interface StandInProcess extends Pick<PhaseRecord, "phase" | "becameReadyAt" | "reached"> {
  readonly pid: number;
  ports(): StandInPorts;
  /** What is sent to a child that has ended is lost: `ended` tells. */
  send(control: StandInControl): void;
  /** Sends a signal; SIGSTOP, SIGCONT and SIGKILL are faults of their own. */
  kill(signal: NodeJS.Signals): void;
  /** Ends the child and waits for its end; safe to call twice. */
  stop(): Promise<void>;
  /** Resolves when the child has ended, with its exit code, or null when a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** Keeps the record of what the child reports; returns a look at its ports. */
function follow(child: ChildProcess, record: PhaseRecord, onPhase: PhaseListener): () => StandInPorts {
  let ports: StandInPorts = { http: null, grpc: null };
  child.on("message", (message) => {
    const report = readReport(message);
    if (report === null) {
      return;
    }
    if ("failure" in report) {
      record.fail(new Error(`The stand-in failed: ${report.failure}`));
      return;
    }
    ports = report.ports;
    record.enter(report.phase, report.wallMs);
    onPhase(report.phase, report.wallMs, ports);
  });
  return () => ports;
}

/** Resolves with the exit code, and fails the phases that the child did not live to see. */
function endOf(child: ChildProcess, record: PhaseRecord): Promise<number | null> {
  return new Promise((resolve) => {
    child.on("error", (cause) => {
      record.fail(new Error("The stand-in's process could not be started", { cause }));
      if (child.pid === undefined) {
        resolve(null);
      }
    });
    child.on("exit", (code, signal) => {
      record.fail(new Error(`The stand-in's process ended (${signal ?? `exit code ${code}`})`));
      resolve(code);
    });
  });
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.connected) {
    child.disconnect();
  }
  const killer = setTimeout(() => child.kill("SIGKILL"), STOP_GRACE_MS);
  try {
    await ended;
  } finally {
    clearTimeout(killer);
  }
}

/**
 * Starts a stand-in as a child process. Resolves once the child runs and has read its plan; `onPhase` hears of every
 * phase from the first. The child's standard output is dropped, its standard error is this process's own.
 *
 * @throws Error when the child cannot be started or refuses its plan.
 */
export async function forkStandIn(options: ForkOptions): Promise<StandInProcess> {
  const child = fork(options.modulePath, ["stand-in", JSON.stringify(options.plan)], {
    execArgv: [...options.execArgv],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const record = createPhaseRecord();
  const ports = follow(child, record, options.onPhase ?? (() => undefined));
  const ended = endOf(child, record);
  await record.reached("starting");
  const { pid } = child;
  if (pid === undefined) {
    throw new Error("The stand-in's process has no id");
  }
  return {
    pid,
    ended,
    ports,
    phase: record.phase,
    becameReadyAt: record.becameReadyAt,
    reached: record.reached,
    send: (control) => child.send(control, () => undefined),
    kill: (signal) => child.kill(signal),
    stop: () => stop(child, ended),
  };
}
