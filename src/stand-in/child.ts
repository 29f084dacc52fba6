import { readControl, type StandInControl, type StandInReport } from "./child-protocol.ts";
import { parseStandInPlan } from "./plan.ts";
import { type StandIn, startStandIn } from "./stand-in.ts";

/** The way to the parent process. */
export interface StandInChannel {
  send(report: StandInReport): void;
  onMessage(listener: (message: unknown) => void): void;
  onDisconnect(listener: () => void): void;
  /** Lets go of the channel, which otherwise keeps the process alive; what was sent still arrives. */
  close(): void;
}

/** Blocks this thread, and with it accept and every timer, as a long import blocks MLServer's loop. */
function blockLoop(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function obey(standIn: StandIn, control: StandInControl): void {
  if (control.httpFault !== undefined) {
    standIn.setHttpFault(control.httpFault);
  }
  if (control.grpcFault !== undefined) {
    standIn.setGrpcFault(control.grpcFault);
  }
  for (const [name, isReady] of Object.entries(control.models ?? {})) {
    standIn.setModelReady(name, isReady);
  }
  if (control.ready !== undefined) {
    standIn.setReady(control.ready);
  }
  if (control.advance) {
    standIn.advance();
  }
  if (control.block !== undefined) {
    blockLoop(control.block);
  }
}

/** Resolves when the channel closes, rejects when the stand-in cannot go on. */
function lifeOf(standIn: StandIn, channel: StandInChannel): Promise<void> {
  return new Promise((resolve, reject) => {
    channel.onDisconnect(resolve);
    channel.onMessage((message) => {
      try {
        obey(standIn, readControl(message));
      } catch (error) {
        reject(error);
      }
    });
    standIn.reached("bound").catch(reject);
  });
}

/**
 * Runs a stand-in as a child process: tells the parent of each phase, obeys its controls, and ends when the channel
 * closes. `planJson` is a plan as JSON.
 *
 * @throws Error, also told to the parent, for a bad plan or control and for a port that cannot be bound.
 */
export async function runStandInChild(planJson: string, channel: StandInChannel): Promise<void> {
  let standIn: StandIn | null = null;
  try {
    standIn = await startStandIn(parseStandInPlan(JSON.parse(planJson)), (phase, wallMs, ports) =>
      channel.send({ phase, wallMs, ports }),
    );
    await lifeOf(standIn, channel);
  } catch (error) {
    channel.send({ failure: error instanceof Error ? error.message : String(error) });
    throw error;
  } finally {
    await standIn?.close();
    channel.close();
  }
}
