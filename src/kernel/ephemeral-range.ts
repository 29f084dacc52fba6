import { readFileSync } from "node:fs";

/** Ports from one to another, both ends included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** The range of ports for outgoing connections, and what of it the kernel gives to none unless it is asked to. */
export interface EphemeralPorts extends PortRange {
  readonly reserved: readonly PortRange[];
}

/** Whether the kernel may give a port to an outgoing connection of its own accord. */
export function isEphemeral(ports: EphemeralPorts | null, port: number): boolean {
  return ports !== null && isWithin(ports, port) && !ports.reserved.some((range) => isWithin(range, port));
}

function isWithin({ first, last }: PortRange, port: number): boolean {
  return first <= port && port <= last;
}

/**
 * Reads `net.ipv4.ip_local_port_range` and `ip_local_reserved_ports`, which hold for IPv6 as well (ip(7), Linux,
 * Documentation/networking/ip-sysctl.rst); null where the range cannot be read.
 */
export function readEphemeralPorts(procRoot: string): EphemeralPorts | null {
  const folder = `${procRoot}/sys/net/ipv4`;
  const range = parseEphemeralRange(textOf(`${folder}/ip_local_port_range`));
  return range && { ...range, reserved: parseReservedPorts(textOf(`${folder}/ip_local_reserved_ports`)) };
}

/** The text of a file; empty when it cannot be read. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** Reads two port numbers separated by white space; null for anything else. */
export function parseEphemeralRange(text: string): PortRange | null {
  const found = /^(\d{1,5})\s+(\d{1,5})\s*$/.exec(text);
  if (found === null) return null;
  return rangeOf(Number(found[1]), Number(found[2]));
}

/**
 * Reads ports and ranges such as `9000,9500-9510`. None for anything else, and for a text without its line end: the
 * kernel cuts a list that is longer than what is read (proc_do_large_bitmap of kernel/sysctl.c), perhaps in a number.
 */
export function parseReservedPorts(text: string): readonly PortRange[] {
  if (!text.endsWith("\n") || text === "\n") return [];
  const ranges = text.slice(0, -1).split(",").map(parsePorts);
  const valid = ranges.filter((range) => range !== null);
  return valid.length === ranges.length ? valid : [];
}

function parsePorts(text: string): PortRange | null {
  const found = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  return found && rangeOf(Number(found[1]), Number(found[2] ?? found[1]));
}

function rangeOf(first: number, last: number): PortRange | null {
  return first <= last && last <= 65_535 ? { first, last } : null;
}
