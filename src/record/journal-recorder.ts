import type { GateState, Transition } from "../core/gate.ts";
import { formatLine, stateLine, stateLines } from "../core/journal.ts";
import type { HeadLine, JournalLine, Sandbox } from "../core/journal-entry.ts";
import type { Clock } from "../core/ports.ts";
import { transitionJson } from "../core/transition-json.ts";
import { openJournalFile } from "./journal-file.ts";

/** What a recorder works with. */
export interface RecorderParts {
  readonly path: string;
  readonly clock: Clock;
  readonly version: string;
  readonly sandbox: Sandbox;
  readonly state: () => GateState;
  readonly onTrouble: (problem: string) => void;
}

/** Keeps the journal of a running gate. */
export interface JournalRecorder {
  /** Records a transition. */
  record(transition: Transition): void;
  /** Begins to write, with all that was recorded so far: two gates must not write to one file, so not before the ports are bound. */
  begin(): void;
  /** Leaves what is known now, flushes and closes. Nothing is written when `begin` was never called. */
  close(): void;
}

/** Sockets that changed without a transition are noted this often. */
const GLANCE_MS = 1_000;

export function newJournalRecorder(parts: RecorderParts): JournalRecorder {
  const { path, clock, state, onTrouble } = parts;
  const processBegan = clock.now();
  const headOf = (kind: HeadLine["kind"], of: GateState) => {
    const { version, sandbox } = parts;
    return stateLines(of, { kind, version, sandbox, processBegan, takenAt: clock.now() }).map(formatLine);
  };
  const file = openJournalFile({ path, clock, onTrouble, head: () => headOf("checkpoint", state()) });
  const sockets = newSocketNotes(state);
  let waiting: string[] | null = headOf("start", state());
  let cancel = () => {};

  const put = (line: string) => {
    if (waiting === null) file.append(line);
    else waiting.push(line);
  };
  const glance = () => {
    for (const one of sockets.changed()) put(formatLine(stateLine(one, clock.now())));
    cancel = clock.after(GLANCE_MS, glance);
  };
  return {
    record: (transition) => {
      put(formatLine(transitionJson(transition) satisfies JournalLine));
      if (transition.kind === "target") sockets.note(transition.target);
    },
    begin: () => {
      const lines = waiting ?? [];
      waiting = null;
      for (const line of lines) file.append(line);
      glance();
    },
    close: () => {
      cancel();
      if (waiting !== null) return;
      for (const line of headOf("checkpoint", state())) file.append(line);
      file.close();
      waiting = [];
    },
  };
}

interface SocketNotes {
  /** The target's sockets, as they are now, are in the journal. */
  note(target: string): void;
  /** The targets whose sockets are others than noted; they are noted by this. */
  changed(): GateState["targets"];
}

/**
 * A server may bind its port anew between two failing looks, which is no transition: without a line about it the next
 * process would take the new socket for one that it does not know.
 */
function newSocketNotes(state: () => GateState): SocketNotes {
  const keyOf = (one: GateState["targets"][number]) => one.memory.lastInodes.join();
  const noted = new Map(state().targets.map((one) => [one.target.name, keyOf(one)]));
  return {
    note: (name) => {
      const found = state().targets.find(({ target }) => target.name === name);
      if (found !== undefined) noted.set(name, keyOf(found));
    },
    changed: () => {
      const changed = state().targets.filter((one) => noted.get(one.target.name) !== keyOf(one));
      for (const one of changed) noted.set(one.target.name, keyOf(one));
      return changed;
    },
  };
}
