import { readdirSync, readlinkSync } from "node:fs";

/** The inodes of the sockets that this process holds, from the links in `/proc/self/fd` (proc(5)). */
export function readOwnSockets(procRoot: string): ReadonlySet<number> {
  const own = new Set<number>();
  const folder = `${procRoot}/self/fd`;
  for (const descriptor of descriptorsIn(folder)) {
    const inode = socketInode(`${folder}/${descriptor}`);
    if (inode !== null) own.add(inode);
  }
  return own;
}

function descriptorsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function socketInode(path: string): number | null {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.[1];
    return inode === undefined ? null : Number(inode);
  } catch {
    // The descriptor of the listing itself is gone by now.
    return null;
  }
}
