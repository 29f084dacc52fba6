import { get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { Client, credentials } from "@grpc/grpc-js";
import { inferenceServiceDefinition } from "../src/proto/services.ts";
import type { ServerPorts } from "./gate-process.ts";
import { between, type Random } from "./random.ts";

/** Watches a server by asking it again and again; resolves with the wall time at which it first knows "ready". */
export type Prober = (server: ServerPorts, signal: AbortSignal) => Promise<number>;

/** The shortest `periodSeconds` and `timeoutSeconds` that Kubernetes allows for a probe. */
const KUBELET_PERIOD_MS = 1000;
const KUBELET_TIMEOUT_MS = 1000;

/**
 * A prober with the kubelet's fastest settings: a request over a new connection every second, the first at a random
 * moment of the period.
 */
export function kubeletProber(random: Random): Prober {
  return async ({ httpPort }, signal) => {
    await delay(random() * KUBELET_PERIOD_MS, undefined, { signal });
    for (let dueMs = performance.now(); ; ) {
      if (await isHttpReady(httpPort)) return Date.now();
      // A tick that passes while a request is out is taken when the request ends, later ones are lost: Go's ticker.
      dueMs = Math.max(dueMs + KUBELET_PERIOD_MS, performance.now() - KUBELET_PERIOD_MS);
      await delay(Math.max(0, dueMs - performance.now()), undefined, { signal });
    }
  };
}

function isHttpReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = get({ host: "127.0.0.1", port, path: "/v2/health/ready", agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    const timer = setTimeout(() => asked.destroy(), KUBELET_TIMEOUT_MS);
    asked.on("close", () => {
      clearTimeout(timer);
      resolve(false);
    });
    asked.on("error", () => resolve(false));
  });
}

/** The agent's schedule: see `pkg/agent` of Seldon Core 2, which uses cenkalti/backoff with these figures. */
const AGENT = { initialMs: 500, factor: 1.5, jitter: 0.5, maxMs: 30_000, deadlineMs: 60_000 } as const;

/**
 * The Seldon agent's wait for its server: one channel with the default reconnect back-off, which is the same in grpc-go
 * and grpc-js (1 s, times 1.6, at most 120 s, 20 % jitter), asked at growing intervals. The agent asks `ServerLive`;
 * here it asks `ServerReady`, as the others do.
 */
export function agentProber(random: Random): Prober {
  return async ({ grpcPort }, signal) => {
    const client = openChannel(grpcPort);
    try {
      for (let intervalMs: number = AGENT.initialMs; ; intervalMs = Math.min(intervalMs * AGENT.factor, AGENT.maxMs)) {
        if (await isGrpcReady(client, AGENT.deadlineMs)) return Date.now();
        const pauseMs = intervalMs * between(1 - AGENT.jitter, 1 + AGENT.jitter, random);
        await delay(pauseMs, undefined, { signal });
      }
    } finally {
      client.close();
    }
  };
}

const CHANNEL_PERIOD_MS = 100;
const CHANNEL_DEADLINE_MS = 1000;

/** grpc-js with its default channel settings, asked every 100 ms. */
export async function defaultChannelProber({ grpcPort }: ServerPorts, signal: AbortSignal): Promise<number> {
  const client = openChannel(grpcPort);
  try {
    while (!(await isGrpcReady(client, CHANNEL_DEADLINE_MS))) {
      await delay(CHANNEL_PERIOD_MS, undefined, { signal });
    }
    return Date.now();
  } finally {
    client.close();
  }
}

/** The pool is the channel's own, or the two channels to one server would share one connection and its back-off. */
function openChannel(port: number): Client {
  return new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
}

function isGrpcReady(client: Client, deadlineMs: number): Promise<boolean> {
  const { path, requestSerialize, responseDeserialize } = inferenceServiceDefinition.ServerReady;
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      {},
      { deadline: Date.now() + deadlineMs },
      (error, response) => resolve(error === null && response?.ready === true),
    );
  });
}
