import { isIP, SocketAddress } from "node:net";
import ipaddr from "ipaddr.js";

/**
 * The canonical text of an IP address: for IPv6 that of RFC 5952, without a zone, v4-mapped ones with a dotted end; null
 * for anything else, short forms of IPv4 such as `127.1` included.
 */
export function canonicalAddress(text: string): string | null {
  const plain = text.split("%", 1)[0] ?? "";
  const version = isIP(plain);
  if (version === 0) return null;
  return version === 4 ? plain : new SocketAddress({ address: plain, family: "ipv6" }).address;
}

/** Whether an address is on loopback: 127.0.0.0/8 (RFC 1122), ::1 (RFC 4291), or the v4-mapped form of the former. */
export function isLoopback(address: string): boolean {
  const canonical = canonicalAddress(address);
  return canonical !== null && ipaddr.process(canonical).range() === "loopback";
}
