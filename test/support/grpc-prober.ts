import { createServer as createHttp2Server, type ServerHttp2Stream } from "node:http2";
import { onTestFinished } from "vitest";
import type { Answer } from "../../src/core/observation.ts";
import type { GrpcQuestion, TlsOptions } from "../../src/core/target.ts";
import { openGrpcProber } from "../../src/probes/grpc.ts";
import type { Prober } from "../../src/probes/prober.ts";
import { grpcTarget, listenRaw, type RawServer } from "./raw-servers.ts";

export const address = "127.0.0.1";
/** TLS as a target has it that says nothing of it. */
export const TLS: TlsOptions = { ca: null, servername: null, insecure: false };
/** The answer of a service whose server is ready. */
export const isReady = () => ({ ready: true });

/** A prober of a port on loopback, closed when the test ends. */
export function proberOf(port: number, question?: GrpcQuestion, tls?: TlsOptions): Prober {
  const prober = openGrpcProber(grpcTarget(port, question, tls), address);
  onTestFinished(() => prober.close());
  return prober;
}

/** What one question to a port comes to. */
export function answerOf(port: number, question?: GrpcQuestion, tls?: TlsOptions): Promise<Answer> {
  return proberOf(port, question, tls).ask([]).answered;
}

/** A server of raw HTTP/2 streams, for the length of the test. */
export function serveHttp2(onStream: (stream: ServerHttp2Stream) => void): Promise<RawServer> {
  const server = createHttp2Server();
  server.on("stream", (stream) => onStream(stream.on("error", () => undefined)));
  server.on("sessionError", () => undefined);
  return listenRaw(server);
}

/** What begins a reply of gRPC. */
export const GRPC_HEADERS = { ":status": 200, "content-type": "application/grpc" };
