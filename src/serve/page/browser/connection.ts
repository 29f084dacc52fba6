import type { Snapshot } from "../../../core/snapshot.ts";
import type { TransitionJson } from "../../../core/transition-json.ts";

/** Who hears of the gate. */
export interface ConnectionListener {
  readonly onSnapshot: (snapshot: Snapshot) => void;
  readonly onTransition: (transition: TransitionJson) => void;
  /** The whole record, after each time that the stream was opened. */
  readonly onJournal: (transitions: readonly TransitionJson[]) => void;
  /** The gate answers, or no longer does. */
  readonly onLink: (isStale: boolean) => void;
}

const POLL_MS = 2000;
const POLL_TIMEOUT_MS = 4000;
/** The browser itself tries again after a lost connection, but not after an answer that refuses the stream. */
const REOPEN_MS = 5000;

/**
 * Listens to the gate: each transition by the stream, and what lies between by the snapshot every two seconds while the page
 * is to be seen. Never gives up.
 */
export function listenToGate(listener: ConnectionListener): void {
  let isPolling = false;

  const poll = async (): Promise<void> => {
    if (isPolling || document.hidden) return;
    isPolling = true;
    const snapshot = await answerOf("status", async (response) => (await response.json()) as Snapshot);
    isPolling = false;
    listener.onLink(snapshot === null);
    if (snapshot !== null) listener.onSnapshot(snapshot);
  };
  const readJournal = async (): Promise<void> => {
    const transitions = await answerOf("journal", async (response) => transitionsIn(await response.text()));
    if (transitions !== null) listener.onJournal(transitions);
  };
  const open = (): void => {
    const source = new EventSource("events");
    source.addEventListener("snapshot", ({ data }) => {
      listener.onLink(false);
      listener.onSnapshot(JSON.parse(data) as Snapshot);
      void readJournal();
    });
    source.addEventListener("transition", ({ data }) => {
      listener.onTransition(JSON.parse(data) as TransitionJson);
      void poll();
    });
    source.addEventListener("error", () => {
      // A poll tells more about it, but a hidden page sends none.
      if (document.hidden) listener.onLink(true);
      else void poll();
      if (source.readyState === EventSource.CLOSED) setTimeout(open, REOPEN_MS);
    });
  };

  open();
  setInterval(() => void poll(), POLL_MS);
  document.addEventListener("visibilitychange", () => void poll());
}

/** What the gate answers; null where it does not, or not in time. */
async function answerOf<T>(path: string, read: (response: Response) => Promise<T>): Promise<T | null> {
  try {
    const response = await window.fetch(path, { signal: AbortSignal.timeout(POLL_TIMEOUT_MS) });
    return response.ok ? await read(response) : null;
  } catch {
    return null;
  }
}

function transitionsIn(text: string): readonly TransitionJson[] {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as TransitionJson);
}
