import type { ConnectResult } from "./connect.ts";

/** What the gate's own canary saw of a loopback address; `absent` where the address does not exist (IPv6 off). */
export type LoopbackState = "ok" | "failed" | "absent";

/** An address and how the connect to it ended; null: not tried. */
interface Tried {
  readonly address: string;
  readonly connect: ConnectResult | null;
}

/** Whether an address, in canonical text, is a loopback address: 127.0.0.0/8 or ::1. */
export function isLoopbackAddress(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

/**
 * Over which address a canary tells of a connect: the same on loopback, else loopback of its family. Where `lo` is down
 * ::1 does not exist, as with IPv6 off: what tells then is 127.0.0.1.
 */
export function canaryAddress({ address, connect }: Tried): string {
  if (connect?.errno === "EADDRNOTAVAIL") return "127.0.0.1";
  if (isLoopbackAddress(address)) return address;
  return address.includes(":") ? "::1" : "127.0.0.1";
}
