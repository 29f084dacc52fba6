import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { GateState } from "../core/gate.ts";
import type { Moment } from "../core/moment.ts";
import { listenHttp, sendText } from "./http-app.ts";
import type { ListenAt, Listening } from "./listening.ts";
import type { Query } from "./query.ts";
import { readyzAnswer, startupzAnswer, type TextAnswer } from "./readyz-text.ts";
import type { GateView } from "./view.ts";

/** The metrics as text, made when they are asked for. */
export interface MetricsPage {
  readonly contentType: string;
  expose(state: GateState): Promise<string>;
}

/** What the probe listener answers from. */
export interface ProbeListenerDeps {
  readonly view: GateView;
  readonly metrics: MetricsPage;
  /** Told of errors of our own; the client gets 500. */
  readonly onError: (error: Error) => void;
}

/** The kubelet opens a connection for each probe; a scraper keeps one. */
const MAX_CONNECTIONS = 256;
const IDLE_TIMEOUT_MS = 10_000;

/**
 * Starts the listener for the kubelet and Prometheus: `/livez`, `/readyz`, `/startupz`, the Open Inference Protocol's
 * health paths and `/metrics`. It reads the last looks and never causes one.
 *
 * @throws {ListenError} when the address cannot be bound (`EADDRINUSE` for a taken port)
 */
export async function listenProbe(at: ListenAt, { view, metrics, onError }: ProbeListenerDeps): Promise<Listening> {
  const route = (app: FastifyInstance): void => {
    const ready = answering(view, readyzAnswer);
    const live = answering(view, () => ({ status: 200, body: "ok" }));
    app.get("/livez", live);
    app.get("/v2/health/live", live);
    app.get("/readyz", ready);
    app.get("/v2/health/ready", ready);
    app.get("/startupz", answering(view, startupzAnswer));
    app.get("/metrics", async (_request, reply) => {
      const text = await metrics.expose(view.state());
      return reply.type(metrics.contentType).send(text);
    });
  };
  return await listenHttp(at, { maxConnections: MAX_CONNECTIONS, idleTimeoutMs: IDLE_TIMEOUT_MS, route, onError });
}

function answering(view: GateView, answer: (state: GateState, now: Moment, query: Query) => TextAnswer) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    // The router's parser makes strings and lists of strings, and nothing else.
    const { status, body } = answer(view.state(), view.clock.now(), request.query as Query);
    return sendText(reply, status, body);
  };
}
