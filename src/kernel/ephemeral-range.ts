import { readFileSync } from "node:fs";

/** Ports that the kernel may give to outgoing connections, both ends included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Reads `net.ipv4.ip_local_port_range`, which holds for IPv6 as well (ip(7)); null where it cannot be read. */
export function readEphemeralRange(procRoot: string): PortRange | null {
  try {
    return parseEphemeralRange(readFileSync(`${procRoot}/sys/net/ipv4/ip_local_port_range`, "latin1"));
  } catch {
    return null;
  }
}

/** Reads two port numbers separated by white space; null for anything else. */
export function parseEphemeralRange(text: string): PortRange | null {
  const found = /^(\d{1,5})\s+(\d{1,5})\s*$/.exec(text);
  if (found === null) return null;
  const [first, last] = [Number(found[1]), Number(found[2])];
  return first <= last && last <= 65_535 ? { first, last } : null;
}
