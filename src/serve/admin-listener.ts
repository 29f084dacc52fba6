import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Transition } from "../core/gate.ts";
import { transitionJson } from "../core/transition-json.ts";
import { createEventStream, type EventStream } from "./event-stream.ts";
import { isOwnHost } from "./host-check.ts";
import { listenHttp, sendText } from "./http-app.ts";
import type { ListenAt, Listening } from "./listening.ts";
import { PAGE_SCRIPT, PAGE_STYLE } from "./page/page-assets.ts";
import { statusPage } from "./status-page.ts";
import type { GateView } from "./view.ts";

/** What the admin listener answers from. */
export interface AdminListenerDeps {
  readonly view: GateView;
  /** Told of errors of our own; the client gets 500. */
  readonly onError: (error: Error) => void;
}

const MAX_CONNECTIONS = 64;
/** Longer than the heartbeat of the event stream. */
const IDLE_TIMEOUT_MS = 60_000;

/**
 * Starts the listener for people: the status page, the snapshot, the event stream and the journal. Reached through
 * `kubectl port-forward`, so a browser may be made to ask it by a foreign page: other hosts are answered 421, and no
 * other origin may read what it says.
 *
 * @throws {ListenError} when the address cannot be bound
 */
export async function listenAdmin(at: ListenAt, { view, onError }: AdminListenerDeps): Promise<Listening> {
  const route = (app: FastifyInstance): void => {
    const events = createEventStream(view);
    app.addHook("onRequest", async (request, reply) => {
      reply.headers(SECURITY_HEADERS);
      if (isOwnHost(request.headers.host, ownNames(at, request))) return undefined;
      return sendText(reply, 421, "this listener answers to localhost and to its own address only\n");
    });
    app.get("/", (_request, reply) => reply.type("text/html; charset=utf-8").send(pageOf(view)));
    app.get("/status", (_request, reply) => reply.type("application/json").send(JSON.stringify(view.snapshot())));
    app.get("/journal", (_request, reply) =>
      reply.type("application/x-ndjson").send(Readable.from(journalLines(view.journal()))),
    );
    app.get("/events", (request, reply) => sendEvents(request, reply, events));
    app.addHook("preClose", async () => events.close());
  };
  return await listenHttp(at, { maxConnections: MAX_CONNECTIONS, idleTimeoutMs: IDLE_TIMEOUT_MS, route, onError });
}

/** On a wildcard the address that the client has reached is the listener's own. */
function ownNames({ host }: ListenAt, { socket }: FastifyRequest): readonly string[] {
  const reached = socket.localAddress;
  return [host, reached].filter((name) => name !== null && name !== undefined);
}

function pageOf(view: GateView): string {
  return statusPage(view.snapshot(), view.journal().map(transitionJson));
}

/**
 * What a browser is to let the page do: run its own style and script, which it knows by their hashes, show its own icon and
 * ask this listener. No text may become markup, not even by a slip of the script's (https://www.w3.org/TR/trusted-types/).
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src '${hashOf(PAGE_STYLE)}'`,
  `script-src '${hashOf(PAGE_SCRIPT)}'`,
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
};

/** A source of the policy: the base64 of a SHA-256 (https://www.w3.org/TR/CSP3/#grammardef-hash-source). */
function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

/** One at a time, so that a reader who stalls costs one line of memory. */
function* journalLines(journal: readonly Transition[]): Generator<string> {
  for (const transition of journal) yield `${JSON.stringify(transitionJson(transition))}\n`;
}

function sendEvents(request: FastifyRequest, reply: FastifyReply, events: EventStream): FastifyReply {
  if (events.isFull()) return sendText(reply.header("retry-after", "5"), 503, "too many clients of /events\n");
  reply.type("text/event-stream; charset=utf-8");
  if (request.method === "HEAD") return reply.send();
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  reply.raw.writeHead(200);
  events.attach(reply.raw);
  return reply;
}
