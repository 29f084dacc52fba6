import { readFileSync } from "node:fs";

/**
 * How many connections the namespace's connection tracking knows (`net.netfilter.nf_conntrack_count`). The kernel tracks
 * loopback connections only where a rule needs it, as every rule of the nat table does. Null where it is not told.
 */
export function readTrackedConnections(procRoot: string): number | null {
  try {
    const text = readFileSync(`${procRoot}/sys/net/netfilter/nf_conntrack_count`, "latin1").trim();
    return /^\d{1,15}$/.test(text) ? Number(text) : null;
  } catch {
    return null;
  }
}
