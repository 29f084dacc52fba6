import ipaddr from "ipaddr.js";
import type { ListeningSocket } from "../core/observation.ts";
import { canonicalAddress } from "./addresses.ts";

/** `TCP_LISTEN` of the kernel's include/net/tcp_states.h, as `/proc/net/tcp` prints it. */
const LISTEN = "0A";

/**
 * One row of `/proc/net/tcp` or `tcp6` (Linux, Documentation/networking/proc_net_tcp.rst):
 * slot, local address:port, remote address:port, state, tx_queue:rx_queue, timer:when, retransmits, uid, timeout, inode.
 */
const ROW =
  /^ *\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) [0-9A-F]{8}:([0-9A-F]{8}) [0-9A-F]{2}:[0-9A-F]+ [0-9A-F]+ +(\d{1,10}) +\d+ (\d{1,15}) /;

/**
 * More listening sockets of one family than pods have. The kernel prints the row of a listener in less than 250
 * characters (net/ipv4/tcp_ipv4.c, net/ipv6/tcp_ipv6.c), so one row too many is seen within the mebibyte that is read.
 */
const SOCKETS_LIMIT = 4096;

/**
 * Reads the listening sockets from the text of `/proc/net/tcp` or `/proc/net/tcp6`. The kernel prints them before all
 * other sockets, so reading stops at the first row of another state. A line that is no row is passed over, a torn last
 * line too. Null when there are more than `SOCKETS_LIMIT`: of a socket that is missing from a part nothing is known.
 */
export function parseListeningSockets(text: string): readonly ListeningSocket[] | null {
  const sockets: ListeningSocket[] = [];
  for (const line of text.split("\n")) {
    const row = ROW.exec(line);
    if (row === null) continue;
    const [, address = "", port = "", state, queue = "", uid, inode] = row;
    if (state !== LISTEN) break;
    if (sockets.length === SOCKETS_LIMIT) return null;
    sockets.push({
      address: addressOf(address),
      port: Number.parseInt(port, 16),
      inode: Number(inode),
      uid: Number(uid),
      acceptQueue: Number.parseInt(queue, 16),
    });
  }
  return sockets;
}

/** Whether such a table's text, of which this is the end, has a complete row not listening: those after it are not either. */
export function hasAllListeningSockets(text: string): boolean {
  const complete = text.slice(0, text.lastIndexOf("\n"));
  const lastLine = complete.slice(complete.lastIndexOf("\n") + 1);
  const state = ROW.exec(lastLine)?.[3];
  return state !== undefined && state !== LISTEN;
}

/** The kernel prints an address as 32-bit words in host byte order, which is little-endian wherever this runs. */
export function addressOf(hex: string): string {
  const bytes: number[] = [];
  for (let word = 0; word < hex.length; word += 8) {
    for (let byte = 6; byte >= 0; byte -= 2) bytes.push(Number.parseInt(hex.slice(word + byte, word + byte + 2), 16));
  }
  const text = ipaddr.fromByteArray(bytes).toString();
  return canonicalAddress(text) ?? text;
}
