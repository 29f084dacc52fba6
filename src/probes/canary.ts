import { randomBytes } from "node:crypto";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import type { LoopbackState } from "../core/loopback.ts";

const NONCE_BYTES = 16;

/**
 * Sends a random text to a listener of our own over a loopback address, and looks whether it comes back: that the text
 * is random shows that it was our listener that answered. `absent` where the address does not exist (IPv6 off).
 *
 * @param address `127.0.0.1` or `::1`
 */
export async function checkLoopback(address: string, withinMs: number): Promise<LoopbackState> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  const port = await listen(server, address);
  if (port === null) return "absent";
  const nonce = randomBytes(NONCE_BYTES);
  const echo = await exchange({ address, port, nonce, withinMs });
  server.close();
  return echo?.equals(nonce) ? "ok" : "failed";
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
}

/** What came back, or null for an error and when the time is up. */
function exchange({ address, port, nonce, withinMs }: Exchange): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, autoSelectFamily: false }, () => socket.end(nonce));
    const chunks: Buffer[] = [];
    socket.setTimeout(withinMs, () => socket.destroy());
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", () => socket.destroy());
    socket.on("close", (hadError) => resolve(hadError ? null : Buffer.concat(chunks)));
  });
}
