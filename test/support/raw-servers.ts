import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import type { GrpcQuestion, GrpcTarget, HttpTarget, TlsOptions } from "../../src/core/target.ts";

/** A server of raw bytes, on a port of the kernel's choice; closed with the test. */
export interface RawServer {
  readonly port: number;
  /** Connections accepted so far. */
  readonly accepted: () => number;
  /** Connections that are open now. */
  readonly open: () => number;
  readonly close: () => Promise<void>;
}

/** The port that a server listens on. */
export function portOf(server: Pick<Server, "address">): number {
  return (server.address() as AddressInfo).port;
}

/** Listens on loopback, for the length of the test, and counts connections; works for TLS and HTTP servers too. */
export async function listenRaw(server: Server, host = "127.0.0.1"): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.on("connection", (socket: Socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) {
        socket.destroy();
      }
    });
  onTestFinished(close);
  return { port: portOf(server), accepted: () => accepted, open: () => sockets.size, close };
}

/** Serves `handle` for each connection. */
export function startRawServer(handle: (socket: Socket, count: number) => void, host?: string): Promise<RawServer> {
  let count = 0;
  return listenRaw(
    createServer((socket) => {
      count += 1;
      handle(socket, count);
    }),
    host,
  );
}

/** Passes connections on to a local port, and counts them. */
export function startRelay(port: number): Promise<RawServer> {
  return startRawServer((socket) => relay(socket, port));
}

/** Joins a connection with a new one to a local port. */
export function relay(socket: Socket, port: number): void {
  const upstream = connect({ host: "127.0.0.1", port });
  upstream.on("error", () => socket.destroy());
  upstream.once("close", () => socket.destroy());
  socket.once("close", () => upstream.destroy());
  socket.pipe(upstream).pipe(socket);
}

/** Answers the first bytes of each connection with the same bytes, and ends it. */
export function startCannedServer(reply: string | Buffer): Promise<RawServer> {
  return startRawServer((socket) => {
    socket.once("data", () => socket.end(reply));
    socket.resume();
  });
}

/** An HTTP/1.1 reply with a body of that length. */
export function httpReply(status: string, options: { headers?: readonly string[]; body?: string } = {}): string {
  const { headers = [], body = "" } = options;
  return [`HTTP/1.1 ${status}`, ...headers, `content-length: ${Buffer.byteLength(body)}`, "", body].join("\r\n");
}

/** Writes `chunk` for ever, as fast as the other side reads. */
export function writeEndlessly(socket: Socket, chunk: string | Buffer): void {
  const write = (): void => {
    while (!socket.destroyed && socket.write(chunk)) {
      // Until the socket's buffer is full.
    }
  };
  socket.on("drain", write);
  write();
}

/** One HTTP/2 frame (RFC 9113, section 4.1). */
export function http2Frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

/** Frame types of HTTP/2 that the tests send. */
export const FRAME = { data: 0x00, headers: 0x01, rstStream: 0x03, settings: 0x04, ping: 0x06, goAway: 0x07 };

/** An empty SETTINGS frame, and the one that acknowledges the client's. */
export const SETTINGS = http2Frame(FRAME.settings, 0, 0);
const SETTINGS_ACK = http2Frame(FRAME.settings, 1, 0);

/** Speaks just enough HTTP/2 to greet, then does `act` once the client's first call (stream 1) has come. */
export function startHttp2Greeter(act: (socket: Socket) => void): Promise<RawServer> {
  return startRawServer((socket) => {
    let received = Buffer.alloc(0);
    let hasActed = false;
    socket.once("data", () => socket.write(Buffer.concat([SETTINGS, SETTINGS_ACK])));
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (!hasActed && received.includes(Buffer.from([FRAME.headers, 0x04, 0, 0, 0, 1]))) {
        hasActed = true;
        act(socket);
      }
    });
  });
}

/** Files of a certificate that its own authority vouches for. */
export interface Certificate {
  /** Path of the certificate, which is its own authority. */
  readonly path: string;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Makes a certificate for `localhost` and 127.0.0.1 that lasts for the test; `days` may lie in the past. */
export async function makeCertificate(name = "localhost"): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), "gate-tls-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "cert.pem");
  const keyPath = join(folder, "key.pem");
  const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name},IP:127.0.0.1`];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  await promisify(execFile)("openssl", ["req", ...kind, ...subject, "-keyout", keyPath, "-out", path]);
  return { path, cert: await readFile(path), key: await readFile(keyPath) };
}

/** A target asked by GET. */
export function httpTarget(port: number, overrides: Partial<HttpTarget> = {}): HttpTarget {
  const target: HttpTarget = {
    name: "http",
    scheme: "http",
    url: `http://127.0.0.1:${port}/v2/health/ready`,
    host: "127.0.0.1",
    port,
    required: true,
    path: "/v2/health/ready",
    tls: null,
  };
  return { ...target, ...overrides };
}

/** A target asked by gRPC. */
export function grpcTarget(port: number, question: GrpcQuestion = { ask: "auto" }, tls?: TlsOptions): GrpcTarget {
  const base = { name: "grpc", url: `grpc://127.0.0.1:${port}`, host: "127.0.0.1", port, required: true, question };
  return tls === undefined ? { ...base, scheme: "grpc", tls: null } : { ...base, scheme: "grpcs", tls };
}
