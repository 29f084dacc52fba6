import { type IncomingMessage, request as openRequest } from "node:http";
import type { Duplex } from "node:stream";
import { type HttpReply, wordOfHttpFailure } from "./http-words.ts";
import { releaseSocket } from "./release.ts";
import type { TransportError } from "./tls-handshake.ts";
import type { Word } from "./word.ts";

/** Bound on the headers and, apart from them, on the body, in bytes. */
const HTTP_LIMIT_BYTES = 64 * 1024;

/** How long the body may take once the headers are there, in milliseconds; the status alone decides. */
const BODY_MS = 250;

/** As much of a body as is kept to quote from. */
const KEPT_BYTES = 4096;

/** One `GET`. */
export interface HttpQuestion {
  /** Value of the `Host` header. */
  readonly host: string;
  /** Path and query. */
  readonly path: string;
  /** Value of the `User-Agent` header. */
  readonly userAgent: string;
}

/** A reply, or a word about why there is none. */
export type HttpOutcome =
  | { readonly isReply: true; readonly reply: HttpReply }
  | { readonly isReply: false; readonly word: Word };

/** Reads a body to its end, to the limit or for {@link BODY_MS}, whichever comes first. */
function readBody(response: IncomingMessage): Promise<Buffer> {
  const kept: Buffer[] = [];
  let sizeBytes = 0;
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      resolve(Buffer.concat(kept).subarray(0, KEPT_BYTES));
    };
    const timer = setTimeout(finish, BODY_MS);
    response.on("data", (chunk: Buffer) => {
      if (sizeBytes < KEPT_BYTES) {
        kept.push(chunk);
      }
      sizeBytes += chunk.length;
      if (sizeBytes >= HTTP_LIMIT_BYTES) {
        finish();
      }
    });
    for (const event of ["end", "close", "error"]) {
      response.once(event, finish);
    }
    response.on("error", finish);
  });
}

async function readReply(response: IncomingMessage): Promise<HttpReply> {
  return {
    status: response.statusCode ?? 0,
    location: response.headers.location ?? null,
    contentType: response.headers["content-type"] ?? "",
    isEncoded: response.headers["content-encoding"] !== undefined,
    body: await readBody(response),
  };
}

/**
 * Sends one `GET` over a connected socket and releases the socket with the reply. Never rejects; stays pending while
 * the server is silent, until the socket is destroyed.
 */
export function exchangeHttp(socket: Duplex, question: HttpQuestion): Promise<HttpOutcome> {
  return new Promise((resolve) => {
    let hasHeaders = false;
    const settle = (outcome: HttpOutcome): void => {
      releaseSocket(socket);
      resolve(outcome);
    };
    const take = (response: IncomingMessage): void => {
      hasHeaders = true;
      readReply(response).then((reply) => settle({ isReply: true, reply }));
    };
    const request = openRequest({
      createConnection: () => socket,
      path: question.path,
      headers: { host: question.host, "user-agent": question.userAgent, accept: "*/*", connection: "close" },
      maxHeaderSize: HTTP_LIMIT_BYTES,
    });
    request.on("response", take);
    // Without a listener, a "101 Switching Protocols" that nobody asked for would end as a reset.
    request.on("upgrade", take);
    request.on("error", (error: TransportError) => {
      if (!hasHeaders) {
        settle({ isReply: false, word: wordOfHttpFailure(error) });
      }
    });
    request.end();
  });
}
