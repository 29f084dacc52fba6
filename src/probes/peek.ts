import type { Duplex } from "node:stream";
import type { Endpoint } from "./connect.ts";
import { openConnection } from "./connection.ts";
import { readableLine, spokenProtocol } from "./first-bytes.ts";
import { publishable } from "./message.ts";
import { releaseSocket } from "./release.ts";
import { startHttp2Tls, startTls, type TlsPeer, type TransportError, wordOfTransportError } from "./tls-handshake.ts";
import type { Word } from "./word.ts";

/** How long one peek may take, in milliseconds. */
export const PEEK_MS = 250;

/** As much as a peek reads, in bytes. */
const PEEK_BYTES = 1024;

/** What tells HTTP/2 from the rest, in bytes: one frame header. */
const ENOUGH_BYTES = 9;

/** The client's preface and an empty SETTINGS frame (RFC 9113, section 3.4): all that a client must send first. */
const HTTP2_GREETING = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1"),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);

/** How a peek is bounded. */
export interface PeekBounds {
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** The first bytes, and the word of the connection's end where it ended; null while it is open. */
interface Peeked {
  readonly bytes: Buffer;
  readonly ended: Word | null;
}

function isEnough(bytes: Buffer): boolean {
  if (bytes.length < ENOUGH_BYTES) {
    return false;
  }
  return spokenProtocol(bytes) !== "http1" || bytes.includes(0x0a) || bytes.length >= PEEK_BYTES;
}

/** Greets an HTTP/2 server over a connected stream and reads what comes first; takes `waitMs` at most. */
function readFirstBytes(stream: Duplex, waitMs: number): Promise<Peeked> {
  let bytes = Buffer.alloc(0);
  return new Promise((resolve) => {
    const finish = (ended: Word | null): void => {
      clearTimeout(timer);
      releaseSocket(stream);
      resolve({ bytes, ended });
    };
    const timer = setTimeout(() => finish(null), waitMs);
    const close = (): void => finish({ kind: "closed", code: "EOF", message: "" });
    stream.on("data", (chunk: Buffer) => {
      if (isEnough(bytes)) {
        return;
      }
      bytes = Buffer.concat([bytes, chunk.subarray(0, PEEK_BYTES)]).subarray(0, PEEK_BYTES);
      if (isEnough(bytes)) {
        finish(null);
      }
    });
    stream.once("end", close);
    stream.on("error", (error: TransportError) => finish(wordOfTransportError(error)));
    stream.once("close", close);
    stream.write(HTTP2_GREETING);
  });
}

/** What first bytes say about a server that should speak HTTP/2; null where it does, or there are too few to tell. */
function wordOfPeeked({ bytes, ended }: Peeked): Word | null {
  if (bytes.length === 0 || (bytes.length < ENOUGH_BYTES && ended === null)) {
    return ended;
  }
  const message = publishable(readableLine(bytes));
  switch (spokenProtocol(bytes)) {
    case "http1":
      return { kind: "wrong-protocol", code: "HTTP1", message };
    case "tls":
      return { kind: "tls", code: "TLS_EXPECTED", message: "speaks TLS" };
    case "http2":
      return ended;
    case "unknown":
      return { kind: "wrong-protocol", code: "GARBAGE", message };
  }
}

function within<T>(promise: Promise<T>, waitMs: number): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(null), waitMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * Whether a server answers a TLS greeting by TLS, whatever its certificate. Servers with TLS end a plain connection
 * without a byte, which alone looks like a server that closes on everybody.
 */
export async function speaksTls(endpoint: Endpoint, bounds: PeekBounds): Promise<boolean> {
  const { socket, result } = openConnection(endpoint, bounds.signal);
  const options = { ca: null, servername: null, insecure: true };
  const attempt = result.then(({ outcome }) =>
    outcome === "ok" ? startTls(socket, { host: endpoint.address, options, alpn: "h2" }) : null,
  );
  const handshake = await within(attempt, bounds.waitMs);
  releaseSocket(handshake?.isSecure === true ? handshake.socket : socket);
  if (handshake === null) {
    return false;
  }
  return handshake.isSecure || handshake.word.code.includes("_ALERT_");
}

/**
 * Looks with a connection of its own at what a plain-text server says first, to explain why no HTTP/2 came about.
 * null: it speaks HTTP/2, says nothing for `waitMs`, or cannot be reached this time.
 */
export async function peekHttp2(endpoint: Endpoint, bounds: PeekBounds): Promise<Word | null> {
  const { socket, result } = openConnection(endpoint, bounds.signal);
  const connect = await within(result, bounds.waitMs);
  if (connect?.outcome !== "ok") {
    releaseSocket(socket);
    return null;
  }
  const peeked = await readFirstBytes(socket, bounds.waitMs);
  if (peeked.bytes.length === 0 && peeked.ended !== null && (await speaksTls(endpoint, bounds))) {
    return { kind: "tls", code: "TLS_EXPECTED", message: "speaks TLS" };
  }
  return wordOfPeeked(peeked);
}

/** The same over TLS, with the target's own options: a server may reject a client after the handshake (RFC 8446). */
export async function peekSecureHttp2(endpoint: Endpoint, peer: TlsPeer, bounds: PeekBounds): Promise<Word | null> {
  const { socket, result } = openConnection(endpoint, bounds.signal);
  const attempt = result.then(({ outcome }) => (outcome === "ok" ? startHttp2Tls(socket, peer) : null));
  const handshake = await within(attempt, bounds.waitMs);
  if (handshake === null || !handshake.isSecure) {
    releaseSocket(socket);
    return handshake?.word ?? null;
  }
  return wordOfPeeked(await readFirstBytes(handshake.socket, bounds.waitMs));
}
