import { formatDuration } from "../core/duration.ts";
import { journalEntries } from "../core/journal.ts";
import type { Sandbox } from "../core/journal-entry.ts";
import { lastKnown } from "../core/journal-state.ts";
import { millisecondsBetween } from "../core/moment.ts";
import { restoredGate } from "../core/restore.ts";
import { readBootId } from "../kernel/boot-id.ts";
import { readNetworkNamespace } from "../kernel/network-namespace.ts";
import { type JournalRecorder, newJournalRecorder } from "../record/journal-recorder.ts";
import { readJournalText } from "../record/journal-text.ts";
import type { Log } from "../record/log.ts";
import type { Settings } from "../settings/settings.ts";
import { PROC_ROOT, type Restore, type RunningGate } from "./compose.ts";
import { VERSION } from "./version.ts";

/** The journal of one gate, from before it starts until after it has stopped. */
export interface Journaling {
  /** Gives the state that the journal left. */
  readonly restore: Restore;
  /** Records what the gate does from now on; writes nothing before `begin`. */
  follow(gate: RunningGate): Pick<JournalRecorder, "begin" | "close">;
}

/** What a journal tells while it is kept. */
export interface JournalVoice {
  readonly log: Log;
  readonly warn: (text: string) => void;
}

const OFF: Journaling = { restore: () => null, follow: () => ({ begin: () => {}, close: () => {} }) };

/** Sets up the journal that the settings name, if any. */
export function newJournaling(settings: Settings, { log, warn }: JournalVoice): Journaling {
  const path = settings.journal;
  if (path === null) return OFF;
  const sandbox: Sandbox = { netns: readNetworkNamespace(PROC_ROOT), bootId: readBootId(PROC_ROOT) };
  return {
    restore: ({ now, sockets }) => {
      const journal = readJournalText(path);
      if (!journal.ok) warn(`the journal cannot be read: ${journal.problem}`);
      const { targets, policy } = settings;
      const known = lastKnown(journal.ok ? journalEntries(journal.text) : []);
      const state = restoredGate(known, { targets, policy, now, sandbox, sockets });
      if (state !== null) log.info(goingOn(state.isOpen, millisecondsBetween(state.startedAt, now)));
      return state;
    },
    follow: (gate) => {
      const onTrouble = (problem: string) => warn(`the journal cannot be written: ${problem}`);
      const { clock, state } = gate;
      const recorder = newJournalRecorder({ path, clock, version: VERSION, sandbox, state, onTrouble });
      gate.subscribe(recorder.record);
      return recorder;
    },
  };
}

function goingOn(isOpen: boolean, sinceStartMs: number): string {
  const open = isOpen ? ", with the gate open" : "";
  return `goes on from the journal, ${formatDuration(sinceStartMs)} after the first start${open}`;
}
