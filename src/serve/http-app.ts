import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { bindFirst, boundTo, type ListenAt, type Listening } from "./listening.ts";

/** What an HTTP listener is made of. */
export interface HttpListener {
  /** Connections at a time; more are closed at once. */
  readonly maxConnections: number;
  /** Milliseconds without traffic after which a connection is closed. */
  readonly idleTimeoutMs: number;
  /** Adds hooks and routes. */
  readonly route: (app: FastifyInstance) => void;
  /** Told of errors of our own; the client gets 500. */
  readonly onError: (error: Error) => void;
}

/** The `Server` header: `wait` tells by it that it is a gate that answers. */
export const SERVER_NAME = "readiness-gate";

/** Bounds on what one client may cost. Those who ask are probes, scrapers and people: all send small requests at once. */
const HEADERS_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_TIMEOUT_MS = 5_000;
const TIMEOUT_CHECK_INTERVAL_MS = 500;
const MAX_HEADER_BYTES = 8 * 1_024;
const MAX_BODY_BYTES = 1_024;

/**
 * Starts an HTTP listener that answers GET and HEAD alone.
 *
 * @throws {ListenError} when the address cannot be bound
 */
export async function listenHttp(at: ListenAt, listener: HttpListener): Promise<Listening> {
  return await bindFirst(at, async (host) => {
    const app = createApp(listener);
    try {
      await app.listen({ host, port: at.port });
    } catch (error) {
      await app.close();
      throw error;
    }
    // An accept that fails (out of file descriptors) must not end the program.
    app.server.on("error", listener.onError);
    return { ...boundTo(app.server.address()), close: () => app.close() };
  });
}

function createApp({ maxConnections, idleTimeoutMs, route, onError }: HttpListener): FastifyInstance {
  const app: FastifyInstance = Fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    connectionTimeout: idleTimeoutMs,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: true,
    http: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      // A missing Host is answered by the routes: 421 where it matters.
      requireHostHeader: false,
    },
  });
  app.server.maxConnections = maxConnections;
  app.addHook("onRequest", refuseOtherMethods);
  app.setNotFoundHandler((_request, reply) => sendText(reply, 404, "not found\n"));
  app.setErrorHandler<Error & { readonly statusCode?: number }>((error, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) onError(error);
    return sendText(reply, status, status >= 500 ? "internal error\n" : `${error.message}\n`);
  });
  route(app);
  return app;
}

/** Answers with plain text. */
export function sendText(reply: FastifyReply, status: number, body: string): FastifyReply {
  return reply.code(status).type("text/plain; charset=utf-8").send(body);
}

async function refuseOtherMethods(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  reply.headers({ server: SERVER_NAME, "cache-control": "no-store", "x-content-type-options": "nosniff" });
  if (request.method === "GET" || request.method === "HEAD") return undefined;
  // The body of a refused request stays unread, so the connection cannot carry another one.
  return sendText(reply.headers({ allow: "GET, HEAD", connection: "close" }), 405, "only GET and HEAD\n");
}
