import { networkInterfaces } from "node:os";
import { canonicalAddress, isLoopback } from "./addresses.ts";

/** Tells the addresses on the interfaces of this network namespace that are up. */
export type InterfaceAddresses = () => readonly string[];

/**
 * Reads the addresses in canonical text and the system's order. To ask the system takes a descriptor: while there is
 * none, what it said last stands, since to take the pod's own address for a foreign one would be an error of ours.
 */
export function newInterfaceAddresses(list: typeof networkInterfaces): InterfaceAddresses {
  let known: readonly string[] = [];
  return () => {
    try {
      known = Object.values(list()).flatMap((found) =>
        (found ?? []).flatMap(({ address }) => canonicalAddress(address) ?? []),
      );
    } catch {
      // EMFILE or ENFILE; the looks say so.
    }
    return known;
  };
}

/** The addresses on the interfaces of this process's network namespace. */
export const interfaceAddresses = newInterfaceAddresses(networkInterfaces);

/** Whether an address belongs to this network namespace: loopback, or configured on one of its interfaces. */
export function isLocalAddress(address: string): boolean {
  if (isLoopback(address)) return true;
  const canonical = canonicalAddress(address);
  return canonical !== null && interfaceAddresses().includes(canonical);
}

/**
 * Whether a host, as a target names it, surely stands for addresses of this network namespace: `localhost`, a wildcard,
 * or a local address. Other names are told by the addresses that they resolve to.
 */
export function isLocalHost(host: string): boolean {
  if (host === "localhost") return true;
  const address = canonicalAddress(host);
  return address !== null && (address === "0.0.0.0" || address === "::" || isLocalAddress(address));
}
