import { randomBytes } from "node:crypto";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import type { LoopbackState } from "../core/loopback.ts";

const NONCE_BYTES = 16;

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
 * is random shows that it was our listener that answered. `absent` where the address does not exist (IPv6 off).
 */
export async function runCanary({ address, withinMs, whileOpen }: CanaryOptions): Promise<LoopbackState> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  const port = await listen(server, address);
  if (port === null) return "absent";
  const nonce = randomBytes(NONCE_BYTES);
  const isBack = await exchange({ address, port, nonce, withinMs, whileOpen: () => whileOpen?.(port) });
  server.close();
  return isBack ? "ok" : "failed";
}

/** The port that the kernel chose, or null when there is no such address to listen on. */
function listen(server: Server, address: string): Promise<number | null> {
  return new Promise((resolve) => {
    server.once("error", () => resolve(null));
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

/** Whether the nonce came back. */
function exchange({ address, port, nonce, withinMs, whileOpen }: Exchange): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, autoSelectFamily: false }, () => socket.write(nonce));
    let received = Buffer.alloc(0);
    const timer = setTimeout(() => socket.destroy(), withinMs);
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < nonce.length) return;
      whileOpen();
      socket.end();
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(received.equals(nonce));
    });
  });
}
