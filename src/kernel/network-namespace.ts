import { readlinkSync } from "node:fs";

/**
 * The inode of this process's network namespace (namespaces(7)): two containers that show the same number share one.
 * Null where it cannot be read.
 */
export function readNetworkNamespace(procRoot: string): number | null {
  try {
    const inode = /^net:\[(\d+)\]$/.exec(readlinkSync(`${procRoot}/self/ns/net`))?.[1];
    return inode === undefined ? null : Number(inode);
  } catch {
    return null;
  }
}
