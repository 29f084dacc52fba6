import { readFile } from "node:fs/promises";
import { isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import type { TlsOptions } from "../core/target.ts";
import { publishable } from "./message.ts";
import { releaseSocket } from "./release.ts";
import type { Word } from "./word.ts";

/** Whom to expect at the other end. */
export interface TlsPeer {
  /** The target's host: the name to verify where the options give none. */
  readonly host: string;
  readonly options: TlsOptions;
  /** Protocol to offer by ALPN (RFC 7301). */
  readonly alpn: "h2" | "http/1.1";
}

/** TLS as it is without options in the target's URL. */
export const DEFAULT_TLS: TlsOptions = { ca: null, servername: null, insecure: false };

/** What came of a handshake. */
export type Handshake =
  | { readonly isSecure: true; readonly socket: TLSSocket }
  | { readonly isSecure: false; readonly word: Word };

/** An error of Node.js, of the system or of OpenSSL (whose texts carry addresses, and whose `reason` does not). */
export type TransportError = Error & {
  readonly code?: string;
  readonly syscall?: string;
  readonly reason?: string;
};

/** What an error on an established connection says. Node.js reports a FIN that came too early as an ECONNRESET of its own. */
export function wordOfTransportError(error: TransportError): Word {
  const code = error.code ?? "UNKNOWN";
  const isSystem = error.syscall !== undefined && !code.startsWith("ERR_");
  if (isSystem && code !== "EPROTO") {
    return { kind: "closed", code, message: "" };
  }
  if (code === "ECONNRESET") {
    return { kind: "closed", code: "EOF", message: "" };
  }
  const message = publishable(error.reason ?? error.message);
  return { kind: code.includes("NO_APPLICATION_PROTOCOL") ? "wrong-protocol" : "tls", code, message };
}

/** Reads the authorities to trust: undefined for the built-in ones, or a word about the file that cannot be read. */
async function readAuthorities(options: TlsOptions): Promise<Buffer | undefined | Word> {
  if (options.ca === null) {
    return undefined;
  }
  try {
    return await readFile(options.ca);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { kind: "unasked", code: code ?? "UNKNOWN", message: publishable(`cannot read ${options.ca}`) };
  }
}

/** The name to send by SNI, which knows no IP addresses (RFC 6066, section 3); empty for none. */
function serverName(peer: Pick<TlsPeer, "host" | "options">): string {
  return peer.options.servername ?? (isIP(peer.host) === 0 ? peer.host : "");
}

function secure(options: ConnectionOptions): Promise<Handshake> {
  return new Promise((resolve) => {
    const fail = (error: TransportError): void => resolve({ isSecure: false, word: wordOfTransportError(error) });
    try {
      const socket = connect(options, () => resolve({ isSecure: true, socket }));
      socket.on("error", fail);
    } catch (error) {
      fail(error as TransportError);
    }
  });
}

/** Speaks TLS over a connected socket and verifies the certificate. Never rejects; pending while the peer is silent. */
export async function startTls(socket: Socket, peer: TlsPeer): Promise<Handshake> {
  const ca = await readAuthorities(peer.options);
  if (ca !== undefined && !Buffer.isBuffer(ca)) {
    return { isSecure: false, word: ca };
  }
  if (socket.destroyed) {
    const code = (socket.errored as TransportError | null)?.code ?? "EOF";
    return { isSecure: false, word: { kind: "closed", code, message: "" } };
  }
  return secure({
    socket,
    ca,
    host: peer.options.servername ?? peer.host,
    servername: serverName(peer),
    rejectUnauthorized: !peer.options.insecure,
    ALPNProtocols: [peer.alpn],
  });
}

/** As {@link startTls} with `h2` offered; a server that does not choose it speaks no gRPC (RFC 9113, section 3.2). */
export async function startHttp2Tls(socket: Socket, peer: TlsPeer): Promise<Handshake> {
  const handshake = await startTls(socket, peer);
  if (!handshake.isSecure || handshake.socket.alpnProtocol === "h2") {
    return handshake;
  }
  releaseSocket(handshake.socket);
  return {
    isSecure: false,
    word: { kind: "wrong-protocol", code: "NO_HTTP2", message: "speaks TLS, but offers no HTTP/2" },
  };
}
