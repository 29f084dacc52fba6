import ipaddr from "ipaddr.js";
import { isLoopback } from "./addresses.ts";
import { interfaceAddresses } from "./local-addresses.ts";
import { openProcFile } from "./proc-file.ts";

/** A node may have some thousands of interfaces; what comes after is left out. */
const NAMES_LIMIT = 4096;

/**
 * Names of all interfaces from the text of `/proc/net/dev` (proc_net(5)), those without an address too, which the
 * system's own list leaves out. A line that is none is passed over.
 */
export function parseInterfaceNames(text: string): readonly string[] {
  const names: string[] = [];
  for (const line of text.split("\n")) {
    // A name has at most 15 bytes (IFNAMSIZ) and neither a slash nor a space.
    const name = /^ *([^\s/:]{1,15}): *\d/.exec(line)?.[1];
    if (name !== undefined && names.length < NAMES_LIMIT) names.push(name);
  }
  return names;
}

/** Names of the interfaces of this network namespace; empty where they cannot be read. */
export function readInterfaceNames(procRoot: string): readonly string[] {
  const file = openProcFile(`${procRoot}/net/dev`);
  const text = file.read();
  file.close();
  return text === null ? [] : parseInterfaceNames(text);
}

/**
 * Addresses on the interfaces that are up, in canonical text and the system's order, loopback first; link-local ones,
 * which need a zone, left out.
 */
export function ownAddresses(): readonly string[] {
  return [...new Set(interfaceAddresses().filter((address) => !isLinkLocal(address)))];
}

/** The loopback addresses that exist here, and the pod's own: given, or found from the interfaces. */
export function evidenceAddresses(podIps: readonly string[] | null): readonly string[] {
  const found = ownAddresses();
  return podIps === null ? found : [...new Set([...found.filter(isLoopback), ...podIps])];
}

/** 169.254.0.0/16 (RFC 3927) or fe80::/10 (RFC 4291). */
export function isLinkLocal(address: string): boolean {
  return ipaddr.process(address).range() === "linkLocal";
}
