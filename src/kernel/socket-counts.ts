/**
 * Reads the count of sockets in use from `/proc/net/sockstat` (`TCP: inuse N …`) or `sockstat6` (`TCP6: inuse N`); see
 * the kernel's net/ipv4/proc.c. It rises when a socket begins to listen and falls when it is closed.
 */
export function parseInUse(text: string): number | null {
  const found = /^TCP6?: inuse (\d{1,15})(?: |$)/m.exec(text);
  return found?.[1] === undefined ? null : Number(found[1]);
}
