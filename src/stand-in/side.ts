import type { Socket } from "node:net";
import { createFrontDoor, type DoorAddress } from "./front-door.ts";
import { createHeldQuestions } from "./held-questions.ts";
import { applyRawFault, isRawFault } from "./raw-faults.ts";

/** What the server says of itself at the moment of a question; both sides ask the same one. */
export interface ServerWord {
  isReady(): boolean;
  /** undefined: no such model. */
  isModelReady(name: string): boolean | undefined;
}

/** One port of a stand-in. */
export interface Side<Fault extends string> {
  /** The bound port; null before `listen` and after `close`. */
  port(): number | null;
  /** Connections accepted so far. */
  connectionsSeen(): number;
  /** Requests or calls received so far; what a held connection carries is not received yet. */
  questionsSeen(): number;
  /** Binds; everything that comes is held in silence. Rejects with the bind's error. */
  listen(): Promise<void>;
  /** Answers from now on, as the fault allows, beginning with what was held. */
  answer(): void;
  /** Changes the fault. Open connections live on unless one of the two faults is about connections. */
  setFault(fault: Fault | null): void;
  /** Closes the port and every connection. */
  close(): Promise<void>;
}

/** A question as a protocol server received it. */
export interface Question {
  /** Answers it, as the fault is at that moment. */
  answer(): void;
  /** Calls back when the client has gone away. */
  onGone(forget: () => void): void;
}

/** What a protocol server sees of the side that it answers for. */
interface SideState<Fault extends string> {
  fault(): Fault | null;
  /** Counts the question, and answers it now or when the fault that keeps it waiting is lifted. */
  receive(question: Question): void;
}

/** What tells the two sides apart. */
export interface SideOptions<Fault extends string> {
  readonly address: DoorAddress;
  readonly fault: Fault | null;
  /** The fault that makes the side speak the other protocol. */
  readonly strangerFault: Fault;
  /** The faults under which questions over open connections wait; `silent` holds new connections as well. */
  readonly waitingFaults: readonly Fault[];
  /** Makes the servers that connections are given to. */
  readonly speak: (state: SideState<Fault>) => {
    native(socket: Socket): void;
    stranger(socket: Socket): void;
    close(): void;
  };
}

/** One port: a front door, the server behind it, and what the fault makes of the two. */
export function createSide<Fault extends string>(options: SideOptions<Fault>): Side<Fault> {
  const held = createHeldQuestions();
  let fault = options.fault;
  let isAnswering = false;
  let questionsSeen = 0;

  const isWaiting = () => fault !== null && options.waitingFaults.includes(fault);
  const isAboutConnections = () => fault === options.strangerFault || isRawFault(fault);
  const speakers = options.speak({
    fault: () => fault,
    receive: (question) => {
      questionsSeen += 1;
      if (isWaiting()) {
        question.onGone(held.hold(question.answer));
      } else {
        question.answer();
      }
    },
  });
  const door = createFrontDoor(options.address, (socket) => {
    if (isRawFault(fault)) {
      applyRawFault(fault, socket);
    } else if (fault === options.strangerFault) {
      speakers.stranger(socket);
    } else {
      speakers.native(socket);
    }
  });
  const applyFault = () => {
    door.setOpen(isAnswering && fault !== "silent");
    if (!isWaiting()) {
      held.release();
    }
  };

  return {
    port: door.port,
    connectionsSeen: door.connectionsSeen,
    questionsSeen: () => questionsSeen,
    listen: door.listen,
    answer: () => {
      isAnswering = true;
      applyFault();
    },
    setFault: (next) => {
      const wasAboutConnections = isAboutConnections();
      fault = next;
      if (wasAboutConnections || isAboutConnections()) {
        door.dropServed();
      }
      applyFault();
    },
    close: async () => {
      speakers.close();
      await door.close();
    },
  };
}
