import { createServer, type Socket } from "node:net";

/** A listener of our own on a port of the server's to be, which sends back what it gets. */
export interface NonceListener {
  /** What it is bound to. */
  readonly address: string;
  /** Whether this text, as hexadecimal, reached it. */
  hasSeen(nonce: string): boolean;
  /** Lets go of the port. */
  close(): Promise<void>;
}

/** The listener, or the name of the error that kept the port from being bound. */
export type Bound =
  | { readonly ok: true; readonly listener: NonceListener }
  | { readonly ok: false; readonly errno: string };

export const NONCE_BYTES = 16;
const CONNECTIONS_LIMIT = 64;
const NO_IPV6: ReadonlySet<string> = new Set(["EAFNOSUPPORT", "EADDRNOTAVAIL"]);

/** Binds a port on all addresses; where there is no IPv6, `::` means those of IPv4, as for servers. */
export async function bindPort(port: number, address: "0.0.0.0" | "::"): Promise<Bound> {
  const bound = await bindAddress(port, address);
  return !bound.ok && address === "::" && NO_IPV6.has(bound.errno) ? await bindAddress(port, "0.0.0.0") : bound;
}

function bindAddress(port: number, address: string): Promise<Bound> {
  const seen = new Set<string>();
  const open = new Set<Socket>();
  // Half-open: the end that closes first keeps the port for a minute (TIME_WAIT), and that must not be this one.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    answer(socket, seen);
  });
  server.maxConnections = CONNECTIONS_LIMIT;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      // A reset leaves nothing behind, whoever closes first.
      for (const socket of open) socket.resetAndDestroy();
    });
  return new Promise((resolve) => {
    server.on("error", (error: NodeJS.ErrnoException) => resolve({ ok: false, errno: error.code ?? "UNKNOWN" }));
    server.listen({ port, host: address, ipv6Only: false }, () => {
      resolve({ ok: true, listener: { address, hasSeen: (nonce) => seen.has(nonce), close } });
    });
  });
}

function answer(socket: Socket, seen: Set<string>): void {
  let received = Buffer.alloc(0);
  socket.on("error", () => socket.destroy());
  socket.on("end", () => socket.end());
  socket.on("data", (chunk: Buffer) => {
    if (received.length >= NONCE_BYTES) return;
    received = Buffer.concat([received, chunk]);
    if (received.length < NONCE_BYTES) return;
    const nonce = received.subarray(0, NONCE_BYTES);
    seen.add(nonce.toString("hex"));
    socket.write(nonce);
  });
}
