import { once } from "node:events";
import { createServer, type Server as NetServer, type Socket } from "node:net";
import { type handleServerStreamingCall, type handleUnaryCall, Server, ServerCredentials, status } from "@grpc/grpc-js";
import type { Clock } from "../core/ports.ts";
import {
  type EmptyRequest,
  type HealthCheckRequest,
  type HealthCheckResponse,
  type HealthListResponse,
  healthServiceDefinition,
} from "../proto/services.ts";
import { healthOf, healthServices } from "./health-status.ts";
import { createHealthWatchers, type HealthWatchers } from "./health-watchers.ts";
import { bindFirst, boundTo, type ListenAt, type Listening } from "./listening.ts";
import type { GateView } from "./view.ts";

/** What the health service answers from. */
export interface GrpcHealthDeps {
  readonly view: GateView;
  /** Told of errors of our own. */
  readonly onError: (error: Error) => void;
}

const MAX_CONNECTIONS = 128;
/** How long clients may take to hang up before their connections are destroyed. */
const CLOSE_GRACE_MS = 300;

/** Questions are a name long; a connection without a call, and a client that is gone, are let go. */
const SERVER_OPTIONS = {
  "grpc.max_receive_message_length": 4_096,
  "grpc.max_concurrent_streams": 64,
  "grpc.max_connection_idle_ms": 30_000,
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 10_000,
  "grpc-node.max_session_memory": 1,
  "grpc.enable_channelz": 0,
} as const;

/**
 * Starts `grpc.health.v1.Health` (https://github.com/grpc/grpc/blob/master/doc/health-checking.md): `Check`, `List` and
 * `Watch`, where service `""` is the gate and each target's name is a service. It reads the last looks and never causes
 * one.
 *
 * @throws {ListenError} when the address cannot be bound
 */
export async function listenGrpcHealth(at: ListenAt, { view, onError }: GrpcHealthDeps): Promise<Listening> {
  // A socket of our own in front of the gRPC server: it bounds the connections and names its errors by their code.
  const sockets = new Set<Socket>();
  const server = new Server(SERVER_OPTIONS);
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = await bindFirst(at, (host) => listen(host, at.port)).catch((error: unknown) => {
    server.forceShutdown();
    throw error;
  });
  listener.on("error", onError);
  listener.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    injector.injectConnection(socket);
  });
  const watchers = createHealthWatchers(view);
  server.addService(healthServiceDefinition, implementation(view, watchers));
  const close = async (): Promise<void> => {
    const closed = listener.listening ? once(listener, "close") : Promise.resolve();
    listener.close();
    watchers.close((call) => call.emit("error", { code: status.UNAVAILABLE, details: "the gate is stopping" }));
    await shutDown(server, view.clock);
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { ...boundTo(listener.address()), close };
}

async function listen(host: string, port: number): Promise<NetServer> {
  const listener = createServer({ noDelay: true });
  listener.maxConnections = MAX_CONNECTIONS;
  listener.listen({ host, port });
  await once(listener, "listening");
  return listener;
}

/** Asks the clients to hang up, and waits for them no longer than the grace. */
async function shutDown(server: Server, clock: Clock): Promise<void> {
  await new Promise<void>((resolve) => {
    const cancel = clock.after(CLOSE_GRACE_MS, resolve);
    server.tryShutdown(() => {
      cancel();
      resolve();
    });
  });
  server.forceShutdown();
}

interface HealthImplementation {
  readonly Check: handleUnaryCall<HealthCheckRequest, HealthCheckResponse>;
  readonly List: handleUnaryCall<EmptyRequest, HealthListResponse>;
  readonly Watch: handleServerStreamingCall<HealthCheckRequest, HealthCheckResponse>;
  readonly [name: string]: HealthImplementation["Check"] | HealthImplementation["List"] | HealthImplementation["Watch"];
}

function implementation(view: GateView, watchers: HealthWatchers): HealthImplementation {
  const health = (service: string) => healthOf(service, view.state(), view.clock.now());
  return {
    Check: (call, reply) => {
      const known = health(call.request.service);
      if (known === null) reply({ code: status.NOT_FOUND, details: "unknown service" });
      else reply(null, { status: known });
    },
    List: (_call, reply) => {
      const entries = healthServices(view.state()).map(
        (name) => [name, { status: health(name) ?? "UNKNOWN" }] as const,
      );
      reply(null, { statuses: Object.fromEntries(entries) });
    },
    Watch: (call) => {
      if (watchers.isFull()) call.emit("error", { code: status.RESOURCE_EXHAUSTED, details: "too many watchers" });
      else watchers.add(call);
    },
  };
}
