import type { ListeningSocket } from "./observation.ts";

const V4_MAPPED_PREFIX = "::ffff:";

/** Whether an address, in canonical text, is IPv4. */
export function isIpv4(address: string): boolean {
  return address.includes(".") && !address.includes(":");
}

/**
 * Whether a socket bound to `bound` may serve connections to `address`.
 *
 * A wildcard `::` serves IPv4 as well unless IPV6_V6ONLY is set, which the table does not show (ipv6(7)): it counts as
 * serving both. A v4-mapped row (`::ffff:127.0.0.1`) serves its IPv4 address alone, `::ffff:0.0.0.0` all of IPv4.
 */
export function isServedBy(address: string, bound: string): boolean {
  const [asked, serving] = [unmapped(address), unmapped(bound)];
  return serving === asked || serving === "::" || (serving === "0.0.0.0" && isIpv4(asked));
}

/** An address without the prefix of v4-mapped ones. */
export function unmapped(address: string): string {
  return address.startsWith(V4_MAPPED_PREFIX) ? address.slice(V4_MAPPED_PREFIX.length) : address;
}

/** The sockets that may serve connections to an address. */
export function coveringSockets(address: string, sockets: readonly ListeningSocket[]): readonly ListeningSocket[] {
  return sockets.filter((socket) => isServedBy(address, socket.address));
}
