import { readableLine, spokenProtocol } from "./first-bytes.ts";
import { publishable } from "./message.ts";
import { type TransportError, wordOfTransportError } from "./tls-handshake.ts";
import type { Word } from "./word.ts";

/** What a server replied, as far as it matters here. */
export interface HttpReply {
  readonly status: number;
  readonly location: string | null;
  readonly contentType: string;
  /** Whether the body is compressed, and so cannot be quoted. */
  readonly isEncoded: boolean;
  /** The body's beginning. */
  readonly body: Buffer;
}

/** What servers with TLS (Go's net/http, nginx, Apache httpd) answer to plain HTTP, with status 400. */
const PLAIN_HTTP_TO_TLS = /HTTP request (?:was sent )?to (?:an )?HTTPS (?:server|port)|speaking plain HTTP to an SSL/i;

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

function kindOfStatus(status: number): Word["kind"] {
  if (status >= 200 && status <= 299) {
    return "ready";
  }
  if (status === 400 || status === 503) {
    return "not-ready";
  }
  if (status === 404 || status === 405) {
    return "no-such-endpoint";
  }
  return status >= 500 && status <= 599 ? "error" : "other";
}

/** JSON is quoted whole on one line, other text by its first line, anything else not at all. */
function quote(reply: HttpReply): string {
  const isText = /^(?:text\/|application\/(?:[\w.-]+\+)?json)/i.test(reply.contentType);
  if (!isText || reply.isEncoded) {
    return "";
  }
  const text = reply.body.toString("utf8");
  if (!/json/i.test(reply.contentType)) {
    return publishable(text);
  }
  try {
    return publishable(JSON.stringify(JSON.parse(text)));
  } catch {
    // Cut short or not JSON after all: quoted as it came.
    return publishable(text);
  }
}

/** What a reply's status says; MLServer says "not ready" by 400, Triton and others by 503. */
export function wordOfReply(reply: HttpReply): Word {
  const kind = kindOfStatus(reply.status);
  const code = `HTTP_${reply.status}`;
  if (kind === "ready") {
    return { kind, code, message: "" };
  }
  if (reply.status === 400 && PLAIN_HTTP_TO_TLS.test(reply.body.toString("latin1"))) {
    return { kind: "tls", code: "TLS_EXPECTED", message: quote(reply) };
  }
  const message = quote(reply);
  if (message === "" && reply.location !== null) {
    return { kind, code, message: publishable(`redirects to ${reply.location}`) };
  }
  return { kind, code, message };
}

/** The path that a reply sends us on to, or null when it is no redirect or leads away from `origin`. */
export function redirectPath(
  reply: HttpReply,
  from: { readonly origin: string; readonly path: string },
): string | null {
  if (reply.location === null || !REDIRECTS.includes(reply.status)) {
    return null;
  }
  const base = `${from.origin}${from.path}`;
  if (!URL.canParse(reply.location, base)) {
    return null;
  }
  const url = new URL(reply.location, base);
  return url.origin === new URL(base).origin ? `${url.pathname}${url.search}` : null;
}

function wordOfForeignBytes(code: string, bytes: Buffer): Word {
  switch (spokenProtocol(bytes)) {
    case "http2":
      return { kind: "wrong-protocol", code: "HTTP2", message: "speaks HTTP/2" };
    case "tls":
      return { kind: "tls", code: "TLS_EXPECTED", message: "speaks TLS" };
    case "http1":
      return { kind: "wrong-protocol", code, message: "malformed HTTP/1" };
    case "unknown":
      return { kind: "wrong-protocol", code, message: publishable(readableLine(bytes)) };
  }
}

/** An error of Node.js's HTTP client; the parser adds the bytes that it stumbled over. */
export type HttpFailure = TransportError & { readonly rawPacket?: Buffer };

/** What it says that no reply came. */
export function wordOfHttpFailure(error: HttpFailure): Word {
  const code = error.code ?? "UNKNOWN";
  if (code === "HPE_HEADER_OVERFLOW") {
    return { kind: "error", code: "HEADERS_TOO_LARGE", message: "headers of more than 64 KiB" };
  }
  return code.startsWith("HPE_")
    ? wordOfForeignBytes(code, error.rawPacket ?? Buffer.alloc(0))
    : wordOfTransportError(error);
}
