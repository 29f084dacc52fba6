import type { ServerResponse } from "node:http";
import { transitionJson } from "../core/transition-json.ts";
import type { GateView } from "./view.ts";

/** The clients of `/events`. */
export interface EventStream {
  isFull(): boolean;
  /** Sends the snapshot now, and each transition and heartbeat from then on. The head must have been written. */
  attach(client: ServerResponse): void;
  /** Ends every client. */
  close(): void;
}

const MAX_CLIENTS = 16;
const MAX_UNSENT_BYTES = 256 * 1_024;
const HEARTBEAT_MS = 15_000;

/**
 * Sends server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): `snapshot` on connect, then
 * `transition` for each change. Ids count the transitions since the listener's start; a client that comes back needs no
 * replay, since its new snapshot has everything. A client that does not read is dropped.
 */
export function createEventStream(view: GateView): EventStream {
  const clients = new Set<ServerResponse>();
  let lastId = 0;
  let stopHeartbeat: (() => void) | null = null;

  const send = (client: ServerResponse, text: string): void => {
    if (client.writableLength <= MAX_UNSENT_BYTES) {
      client.write(text);
      return;
    }
    detach(client);
    client.destroy();
  };
  const sendAll = (text: string): void => {
    for (const client of clients) send(client, text);
  };
  const beat = (): void => {
    sendAll(": still here\n\n");
    stopHeartbeat = clients.size > 0 ? view.clock.after(HEARTBEAT_MS, beat) : null;
  };
  const detach = (client: ServerResponse): void => {
    clients.delete(client);
    if (clients.size > 0) return;
    stopHeartbeat?.();
    stopHeartbeat = null;
  };
  const unsubscribe = view.subscribe((transition) => {
    lastId += 1;
    if (clients.size > 0) sendAll(eventText("transition", lastId, transitionJson(transition)));
  });

  return {
    isFull: () => clients.size >= MAX_CLIENTS,
    attach: (client) => {
      clients.add(client);
      client.once("close", () => detach(client));
      client.on("error", () => detach(client));
      send(client, eventText("snapshot", lastId, view.snapshot()));
      stopHeartbeat ??= view.clock.after(HEARTBEAT_MS, beat);
    },
    close: () => {
      unsubscribe();
      for (const client of [...clients]) {
        detach(client);
        client.end();
      }
    },
  };
}

/** JSON has no line breaks outside of its strings, and escapes those inside, so one `data` line holds it. */
function eventText(event: string, id: number, data: unknown): string {
  return `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}
