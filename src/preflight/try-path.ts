import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import type { ConnectResult } from "../core/connect.ts";
import type { Clock } from "../core/ports.ts";
import { connectTcp, type Endpoint } from "../probes/connect.ts";
import { settleWithin, TIME_UP } from "../watch/settle-within.ts";
import { NONCE_BYTES, type NonceListener } from "./nonce-listener.ts";

/** What one connection over one path showed. */
export type Trial =
  /** It reached the listener, and the listener's answer came back. */
  | { readonly kind: "open"; readonly ms: number }
  /** No connection came about. */
  | { readonly kind: "failed"; readonly connect: ConnectResult }
  /** It connected, and what was sent did not come back. */
  | {
      readonly kind: "elsewhere";
      readonly ms: number;
      /** Whether what was sent reached the listener. */
      readonly hasArrived: boolean;
      /** Bytes that came back. */
      readonly bytes: number;
    };

/** Bounds of one try. */
export interface TrialOptions {
  readonly clock: Clock;
  readonly withinMs: number;
}

/** How long the listener's end of a connection may take to close. */
const CLOSING_MS = 200;

/** Connects to a listener of our own, sends a random text, and looks whether it arrives and comes back. */
export async function tryPath(to: Endpoint, listener: NonceListener, options: TrialOptions): Promise<Trial> {
  const { clock, withinMs } = options;
  const { socket, result } = connectTcp(to);
  const connect = await settleWithin(result, withinMs, clock);
  if (connect === TIME_UP || connect.outcome !== "ok") {
    socket.destroy();
    const late: ConnectResult = { outcome: "timeout", errno: "DEADLINE", refusedBy: null, ms: withinMs };
    return { kind: "failed", connect: connect === TIME_UP ? late : connect };
  }
  const nonce = randomBytes(NONCE_BYTES);
  const back = await exchange(socket, nonce, options);
  const hasArrived = listener.hasSeen(nonce.toString("hex"));
  if (back.equals(nonce) && hasArrived) {
    await endFirst(socket, clock);
    return { kind: "open", ms: connect.ms };
  }
  socket.resetAndDestroy();
  return { kind: "elsewhere", ms: connect.ms, hasArrived, bytes: back.length };
}

/** What came back: as many bytes as were sent, or as many as came before the end. */
async function exchange(socket: Socket, nonce: Buffer, { clock, withinMs }: TrialOptions): Promise<Buffer> {
  let received = Buffer.alloc(0);
  const whole = new Promise<void>((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      if (received.length < nonce.length) received = Buffer.concat([received, chunk]).subarray(0, nonce.length);
      if (received.length === nonce.length) resolve();
    });
    for (const event of ["end", "error", "close"]) socket.once(event, () => resolve());
  });
  socket.write(nonce);
  await settleWithin(whole, withinMs, clock);
  return received;
}

/** Closes this end first: then it is this end's ephemeral port that the kernel keeps in TIME_WAIT, not the server's. */
async function endFirst(socket: Socket, clock: Clock): Promise<void> {
  const closed: Promise<unknown> = socket.closed ? Promise.resolve() : once(socket, "close");
  socket.end();
  if ((await settleWithin(closed, CLOSING_MS, clock)) === TIME_UP) socket.resetAndDestroy();
}
