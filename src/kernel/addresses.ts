import { networkInterfaces } from "node:os";
import ipaddr from "ipaddr.js";

/** The canonical text of an IP address (RFC 5952 for IPv6, without a zone); null for anything else. */
export function canonicalAddress(text: string): string | null {
  const plain = text.split("%", 1)[0] ?? "";
  if (!ipaddr.isValid(plain)) return null;
  const address = ipaddr.parse(plain);
  return address.kind() === "ipv6" ? (address as ipaddr.IPv6).toRFC5952String() : address.toString();
}

/** Whether an address is on loopback: 127.0.0.0/8 (RFC 1122), ::1 (RFC 4291), or the v4-mapped form of the former. */
export function isLoopback(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === "loopback";
}

/** Whether an address belongs to this network namespace: loopback, or configured on one of its interfaces. */
export function isLocalAddress(address: string): boolean {
  if (isLoopback(address)) return true;
  const canonical = canonicalAddress(address);
  return Object.values(networkInterfaces()).some((entries) =>
    entries?.some((entry) => canonicalAddress(entry.address) === canonical),
  );
}
