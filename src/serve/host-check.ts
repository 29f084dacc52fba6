import { BlockList, isIP } from "node:net";

/** A host and an optional port, as RFC 9110 section 7.2 writes the Host field; IPv6 in brackets. */
const HOST_FIELD = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@\s]+))(?::\d*)?$/i;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/**
 * Whether a Host field names this listener: `localhost`, a loopback address, or one of its own names. Whatever else
 * comes through a port-forward comes from a page whose name was rebound to loopback. The port does not matter:
 * `kubectl port-forward` may choose another.
 *
 * @param field the Host field's value; undefined when it is missing
 * @param own further hosts and addresses, without brackets
 */
export function isOwnHost(field: string | undefined, own: readonly string[]): boolean {
  const match = field === undefined ? null : HOST_FIELD.exec(field);
  const host = (match?.[1] ?? match?.[2])?.toLowerCase();
  if (host === undefined) return false;
  return host === "localhost" || isLoopback(host) || own.some((name) => plain(name) === host);
}

function isLoopback(host: string): boolean {
  const family = isIP(host);
  return family !== 0 && LOOPBACK.check(host, family === 6 ? "ipv6" : "ipv4");
}

/** An IPv4 client of a dual-stack socket shows as a v4-mapped address. */
function plain(name: string): string {
  const lower = name.toLowerCase();
  return lower.startsWith("::ffff:") ? lower.slice("::ffff:".length) : lower;
}
