import type { ListeningSocket } from "./observation.ts";

/**
 * Orders listening sockets by port, then address, then inode. The kernel lists them by a hash with a seed of its own for
 * each network namespace (Linux, include/net/netns/hash.h, `net_hash_mix`): another order in every pod.
 */
export function byPort(a: ListeningSocket, b: ListeningSocket): number {
  return a.port - b.port || compareTexts(a.address, b.address) || a.inode - b.inode;
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
