import { randomBytes } from "node:crypto";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import type { LoopbackState } from "../core/loopback.ts";
import { connectOutcome } from "./connect.ts";
import { releaseSocket } from "./release.ts";

const NONCE_BYTES = 16;

/** What `listen(2)` fails with where the address, or its whole family, does not exist. */
const ABSENT: ReadonlySet<string> = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT"]);

/** What a canary does while its connection is open, and how long it may take. */
export interface CanaryOptions {
  /** `127.0.0.1` or `::1`, or another address of the pod. */
  readonly address: string;
  readonly withinMs: number;
  /** Called once the text is back and the connection still open; with the listener's port. */
  readonly whileOpen?: (port: number) => void;
}

/**
 * Sends a random text to a listener of our own over a loopback address, and looks whether it comes back: that the text
 * is random shows that it was our listener that answered. `absent` where the address does not exist (IPv6 off). Null when
 * it does not tell: the gate itself has no descriptor or port left, or the connection came about and nothing more.
 */
export async function runCanary({ address, withinMs, whileOpen }: CanaryOptions): Promise<LoopbackState | null> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  const listening = await listen(server, address);
  if (typeof listening === "string") return ABSENT.has(listening) ? "absent" : null;
  const nonce = randomBytes(NONCE_BYTES);
  const state = await exchange({ address, port: listening, nonce, withinMs, whileOpen: () => whileOpen?.(listening) });
  server.close();
  return state;
}

/** The port that the kernel chose, or the name of the error. */
function listen(server: Server, address: string): Promise<number | string> {
  return new Promise((resolve) => {
    // It stays for good: accept(2) may fail later, when no descriptor is left.
    server.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "UNKNOWN"));
    server.listen(0, address, () => resolve((server.address() as AddressInfo).port));
  });
}

interface Exchange {
  readonly address: string;
  readonly port: number;
  readonly nonce: Buffer;
  readonly withinMs: number;
  readonly whileOpen: () => void;
}

/** Whether the nonce came back, something else did, or nothing could be reached; null: it does not tell. */
function exchange({ address, port, nonce, withinMs, whileOpen }: Exchange): Promise<LoopbackState | null> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    let isConnected = false;
    const socket = connect({ host: address, port, autoSelectFamily: false }, () => {
      isConnected = true;
      socket.write(nonce);
    });
    const conclude = (state: LoopbackState | null) => {
      clearTimeout(timer);
      releaseSocket(socket);
      resolve(state);
    };
    // Timers run before sockets are polled: after a stop of the process the loop polls once more.
    const giveUp = () => setImmediate(() => setImmediate(() => conclude(isConnected ? null : "failed")));
    const timer = setTimeout(giveUp, withinMs);
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < nonce.length) return;
      const isOurs = received.equals(nonce);
      if (isOurs) whileOpen();
      conclude(isOurs ? "ok" : "failed");
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      const isOwnLimit = connectOutcome(error.code ?? "UNKNOWN") === "unavailable";
      conclude(isConnected || isOwnLimit ? null : "failed");
    });
    socket.on("close", () => conclude(null));
  });
}
