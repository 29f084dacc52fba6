import type { AddressInfo } from "node:net";

/** Where to listen. */
export interface ListenAt {
  /** null: all addresses of both families, IPv4 alone where IPv6 is off. */
  readonly host: string | null;
  /** 0 lets the kernel choose. */
  readonly port: number;
}

/** A listener that is bound. */
export interface Listening {
  /** The address that it is bound to; `::` stands for both families. */
  readonly address: string;
  readonly port: number;
  /** Ends it and every connection to it; safe to call twice. */
  close(): Promise<void>;
}

/** Why an address could not be bound; `cause` is the error of the socket. */
export interface ListenError extends Error {
  /** Name of the system's error: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, … */
  readonly code: string;
  readonly address: string;
  readonly port: number;
}

/** What the kernel says to a socket of a family that is off: none of its kind, or no such address. */
const FAMILY_IS_OFF: ReadonlySet<string> = new Set(["EAFNOSUPPORT", "EADDRNOTAVAIL"]);

/**
 * Binds by `bind`, which gets one host at a time: the one that was asked for, or first `::`, whose socket serves IPv4 as
 * well, and where IPv6 is off `0.0.0.0`. A taken port is never taken for a family that is off, since half a listener
 * would answer for another program's port.
 *
 * @throws {ListenError} when the address cannot be bound
 */
export async function bindFirst<T>(at: ListenAt, bind: (host: string) => Promise<T>): Promise<T> {
  if (at.host !== null) return await bindOne(at.host, at.port, bind);
  try {
    return await bindOne("::", at.port, bind);
  } catch (error) {
    if (!isListenError(error) || !FAMILY_IS_OFF.has(error.code)) throw error;
    return await bindOne("0.0.0.0", at.port, bind);
  }
}

/** Whether an error says that an address could not be bound. */
export function isListenError(error: unknown): error is ListenError {
  return error instanceof Error && error.name === "ListenError";
}

/** Reads back what a server that listens on TCP is bound to. */
export function boundTo(address: AddressInfo | string | null): Pick<Listening, "address" | "port"> {
  if (address === null || typeof address === "string") throw new Error("the server is not bound to a TCP port");
  return { address: address.address, port: address.port };
}

async function bindOne<T>(host: string, port: number, bind: (host: string) => Promise<T>): Promise<T> {
  try {
    return await bind(host);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "UNKNOWN";
    const place = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    const error = new Error(`cannot listen on ${place}: ${code}`, { cause });
    throw Object.assign(error, { name: "ListenError", code, address: host, port });
  }
}
