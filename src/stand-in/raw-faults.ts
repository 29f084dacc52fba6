import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate as nextTurn } from "node:timers/promises";

/** A fault below HTTP and gRPC: what happens to a connection at its first bytes. */
export type RawFault = "reset" | "close" | "garbage" | "endless-headers" | "endless-body";

/** Neither an HTTP/1 status line nor an HTTP/2 frame header (its length field says 16,711,680). */
const GARBAGE = Buffer.from([0xff, 0x00, 0x00, 0x7f, 0x80, 0xfe, 0x01, 0x90, 0x0a, 0x1b, 0xc0, 0xde, 0x0a]);

const FILLER = "x".repeat(1000);

/** `head`, then `chunk` for ever; one chunk a turn of the event loop, so that an eager reader starves nobody. */
async function* endless(head: string, chunk: string): AsyncGenerator<string> {
  yield head;
  for (;;) {
    yield chunk;
    await nextTurn();
  }
}

/** Sends without end, no faster than the client reads, until the connection closes. */
function sendEndlessly(socket: Socket, head: string, chunk: string): void {
  // pipeline rejects whenever the client leaves, which is the only way in which this can end.
  pipeline(Readable.from(endless(head, chunk)), socket).catch(() => socket.destroy());
}

const FAULTS: Readonly<Record<RawFault, (socket: Socket) => void>> = {
  reset: (socket) => socket.resetAndDestroy(),
  close: (socket) => socket.end(),
  garbage: (socket) => socket.end(GARBAGE),
  "endless-headers": (socket) => sendEndlessly(socket, "HTTP/1.1 200 OK\r\n", `x-filler: ${FILLER}\r\n`),
  "endless-body": (socket) =>
    sendEndlessly(socket, "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n", `${FILLER}\n`),
};

/** Whether a fault is one of the raw ones. */
export function isRawFault(fault: string | null): fault is RawFault {
  return fault !== null && Object.hasOwn(FAULTS, fault);
}

/**
 * Applies a fault to a new connection once its first bytes are there. Not before: a reset that overtakes the client's
 * notice of its own connect would show as a failed connect.
 */
export function applyRawFault(fault: RawFault, socket: Socket): void {
  socket.once("data", () => FAULTS[fault](socket));
  // What else the client sends is read and dropped: unread data would turn the FIN of `close` into a reset.
  socket.resume();
}
