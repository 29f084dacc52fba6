import { isIPv6 } from "node:net";
import type { Answer } from "../core/observation.ts";
import type { HttpTarget } from "../core/target.ts";
import type { TcpConnection } from "./connect.ts";
import { openConnection } from "./connection.ts";
import { exchangeHttp, type HttpOutcome } from "./http-exchange.ts";
import { redirectPath, wordOfReply } from "./http-words.ts";
import { type Course, openInquiry, trackInquiries } from "./inquiry.ts";
import { PEEK_MS, speaksTls } from "./peek.ts";
import type { Prober } from "./prober.ts";
import { releaseSocket } from "./release.ts";
import { DEFAULT_TLS, startTls } from "./tls-handshake.ts";
import type { Word } from "./word.ts";

/** Redirects that are followed for one question. */
const REDIRECT_LIMIT = 3;

/** What {@link openHttpProber} needs. */
export interface HttpProberOptions {
  readonly target: HttpTarget;
  /** The address to ask, one that the target's host stands for. */
  readonly address: string;
  /** Version of this program, for `User-Agent`. */
  readonly version: string;
}

/** Value of a `Host` header: brackets around IPv6, no zone, the scheme's own port left out (RFC 9110, section 7.2). */
export function hostHeader(target: Pick<HttpTarget, "scheme" | "host" | "port">): string {
  const host = isIPv6(target.host) ? `[${target.host.split("%")[0]}]` : target.host;
  const defaultPort = target.scheme === "https" ? 443 : 80;
  return target.port === defaultPort ? host : `${host}:${target.port}`;
}

/** One question's way through connections; each `GET` has its own. */
interface Asking extends HttpProberOptions {
  readonly course: Course;
}

async function getOver(connection: TcpConnection, path: string, asking: Asking): Promise<HttpOutcome> {
  const { target, version } = asking;
  const { outcome, errno } = await connection.result;
  if (outcome !== "ok") {
    return { isReply: false, word: { kind: "closed", code: errno ?? "UNKNOWN", message: "" } };
  }
  const question = { host: hostHeader(target), path, userAgent: `readiness-gate/${version}` };
  if (target.scheme === "http") {
    return exchangeHttp(connection.socket, question);
  }
  const peer = { host: target.host, options: target.tls ?? DEFAULT_TLS, alpn: "http/1.1" } as const;
  const handshake = await startTls(connection.socket, peer);
  if (handshake.isSecure) {
    return exchangeHttp(handshake.socket, question);
  }
  releaseSocket(connection.socket);
  return { isReply: false, word: handshake.word };
}

function get(path: string, asking: Asking): Promise<HttpOutcome> {
  const { address, target, course } = asking;
  return getOver(openConnection({ address, port: target.port }, course.signal), path, asking);
}

/** Follows redirects that stay on the target's own host and port, each over a connection of its own. */
async function follow(first: HttpOutcome, asking: Asking): Promise<HttpOutcome> {
  const { target } = asking;
  const origin = `${target.scheme}://${hostHeader(target)}`;
  let outcome = first;
  let path = target.path;
  for (let redirects = 0; redirects < REDIRECT_LIMIT && outcome.isReply; redirects += 1) {
    const next = redirectPath(outcome.reply, { origin, path });
    if (next === null) {
      break;
    }
    path = next;
    outcome = await get(path, asking);
  }
  return outcome;
}

/** A server with TLS often ends a plain connection without a word: only its own greeting tells. */
async function explainClosed(word: Word, asking: Asking): Promise<Word> {
  const { address, target, course } = asking;
  if (word.kind !== "closed" || target.scheme !== "http") {
    return word;
  }
  const isTls = await speaksTls({ address, port: target.port }, { waitMs: PEEK_MS, signal: course.signal });
  return isTls ? { kind: "tls", code: "TLS_EXPECTED", message: "speaks TLS" } : word;
}

/** Models are asked for one after another, so that one entry at most stands in the server's accept queue. */
async function pendingModels(models: readonly string[], asking: Asking): Promise<string[]> {
  const pending: string[] = [];
  for (const model of models) {
    const path = `/v2/models/${encodeURIComponent(model)}/ready`;
    asking.course.asks(`GET ${path}`);
    const outcome = await get(path, asking);
    if (!outcome.isReply || outcome.reply.status !== 200) {
      pending.push(model);
    }
  }
  return pending;
}

async function answerOver(
  connection: TcpConnection,
  models: readonly string[],
  asking: Asking,
): Promise<Answer | null> {
  const { course, target } = asking;
  const { outcome: connect } = await connection.result;
  if (connect !== "ok") {
    return null;
  }
  course.asks(`GET ${target.path}`);
  const outcome = await follow(await getOver(connection, target.path, asking), asking);
  const word = outcome.isReply ? wordOfReply(outcome.reply) : await explainClosed(outcome.word, asking);
  const answer = course.answer(word);
  if (models.length === 0 || !target.path.startsWith("/v2/")) {
    return answer;
  }
  // A server that is not ready is not asked for its models; none of them counts as ready.
  return { ...answer, modelsPending: answer.kind === "ready" ? await pendingModels(models, asking) : models };
}

/**
 * Asks by `GET` over HTTP/1.1, with or without TLS: one connection a question, no keep-alive, no proxy. Redirects,
 * models and the look for TLS after a close take further connections, each opened after the one before was answered or
 * closed, so that one entry at most stands in the server's accept queue.
 */
export function openHttpProber(options: HttpProberOptions): Prober {
  const { target, address } = options;
  const inquiries = trackInquiries();
  const ask = (models: readonly string[]) =>
    openInquiry(
      (course) => {
        const connection = openConnection({ address, port: target.port }, course.signal);
        return { connected: connection.result, answered: answerOver(connection, models, { ...options, course }) };
      },
      { question: `GET ${target.path}` },
    );
  return {
    connectionsPerAsk: () => 1,
    ask: (models) => inquiries.add(ask(models)),
    renew: () => undefined,
    close: inquiries.closeAll,
  };
}
