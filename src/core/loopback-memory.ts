import type { LoopbackState } from "./loopback.ts";
import type { Look } from "./observation.ts";

/** What is known of loopback, by family; null: not looked at yet. */
export interface Loopback {
  readonly ipv4: LoopbackState | null;
  readonly ipv6: LoopbackState | null;
}

/** Takes in the canaries that a look sent along with a failed connect: loopback may break after the start, or heal. */
export function rememberLoopback(known: Loopback, { paths }: Look): Loopback {
  const seen = (isIpv6: boolean) =>
    paths.findLast((path) => path.proof?.canary && path.address.includes(":") === isIpv6);
  return { ipv4: seen(false)?.proof?.canary ?? known.ipv4, ipv6: seen(true)?.proof?.canary ?? known.ipv6 };
}
