import { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** How long a released socket may take to end before it is destroyed, in milliseconds. */
const RELEASE_MS = 100;

/**
 * Ends a connection without a reset: what is still unread is drained and a FIN is sent. `destroy()` with unread data
 * would make the kernel send a reset, which moves the counters that tell who refused a connection. A peer that goes on
 * sending is cut off after {@link RELEASE_MS}. Safe to call twice.
 */
export function releaseSocket(socket: Duplex): void {
  if (socket.destroyed || socket.writableEnded) {
    return;
  }
  socket.on("error", () => socket.destroy());
  if (socket instanceof Socket && socket.connecting) {
    socket.destroy();
    return;
  }
  destroyLater(socket);
  socket.resume();
  socket.end();
}

/** Destroys a socket that has not closed by itself after {@link RELEASE_MS}. */
export function destroyLater(socket: Duplex): void {
  const timer = setTimeout(() => socket.destroy(), RELEASE_MS);
  timer.unref();
  socket.once("close", () => clearTimeout(timer));
}
