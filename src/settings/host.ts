import { isIP, isIPv4, isIPv6, SocketAddress } from "node:net";

/** RFC 1123 labels, and the underscore, which names in the wild contain. */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
/** What the C library reads as an IPv4 address in one of its short forms (`127.1`, `0x7f000001`). */
const NUMBER = /^(?:\d+|0x[0-9a-f]*)$/;
const LONGEST_NAME = 253;

/**
 * Reads a host name, an IPv4 address in four decimal parts, or an IPv6 address without brackets and without a zone.
 * Returns it in lower case, IPv6 in its canonical text; null when it is none of them.
 */
export function parseHost(text: string): string | null {
  return parseIpAddress(text) ?? parseHostName(text);
}

/** Reads an IP address as `parseHost` does. */
export function parseIpAddress(text: string): string | null {
  if (text.includes("%") || isIP(text) === 0) return null;
  return isIPv4(text) ? text : new SocketAddress({ address: text, family: "ipv6" }).address;
}

/** Reads a host name: dot-separated labels of which the last is no number; a closing dot is kept. */
export function parseHostName(text: string): string | null {
  const name = text.toLowerCase();
  const labels = name.replace(/\.$/, "").split(".");
  if (name.length > LONGEST_NAME || !labels.every((label) => LABEL.test(label))) return null;
  return NUMBER.test(labels.at(-1) ?? "") ? null : name;
}

/** Reads a host as it stands before a port: as `parseHost` does, but an IPv6 address only in brackets. */
export function parseBracketedHost(text: string): string | null {
  if (!text.startsWith("[")) return isIPv6(text) ? null : parseHost(text);
  const address = text.slice(1, -1);
  return text.endsWith("]") && isIPv6(address) ? parseIpAddress(address) : null;
}

/** The host as it stands before a port. */
export function bracketed(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}

/** Whether a host, as `parseHost` returned it, means this network namespace: a loopback address or a wildcard. */
export function isLocalHost(host: string): boolean {
  if (host === "::1" || host === "::" || /^(?:.+\.)?localhost\.?$/.test(host)) return true;
  const ipv4 = host.replace(/^::ffff:/, "");
  return isIPv4(ipv4) && (ipv4.startsWith("127.") || ipv4 === "0.0.0.0");
}
