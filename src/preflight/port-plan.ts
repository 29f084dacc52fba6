import { isServedBy } from "../core/coverage.ts";
import type { Target } from "../core/target.ts";

/** A port as the server will bind it, and the addresses over which it is to be tried. */
export interface PortPlan {
  readonly port: number;
  /** `0.0.0.0`, or `::` for both families. */
  readonly bindTo: "0.0.0.0" | "::";
  readonly targets: readonly Target[];
  /** Addresses that the targets' hosts stand for. */
  readonly own: readonly string[];
  /** The pod's other addresses. */
  readonly others: readonly string[];
}

/** A target, and the addresses of this network namespace that its host stands for. */
export interface LocalTarget {
  readonly target: Target;
  readonly addresses: readonly string[];
}

const OTHERS_LIMIT = 8;

/**
 * Plans the ports of targets, each once, in the targets' order.
 *
 * MLServer, also under Seldon, has one host for all its ports, `0.0.0.0` by default. Its gRPC library makes a socket for
 * both families of that, its HTTP library one for IPv4 alone. A target at an address of IPv6 says that its server
 * listens there all the same, and that path is to be tried. Of other servers nothing is known: they get both.
 */
export function planPorts(
  local: readonly LocalTarget[],
  { preset, podAddresses }: { readonly preset: string; readonly podAddresses: readonly string[] },
): readonly PortPlan[] {
  const isMlserver = preset === "seldon" || preset === "mlserver";
  const ports = [...new Set(local.map(({ target }) => target.port))];
  return ports.map((port) => {
    const onPort = local.filter(({ target }) => target.port === port);
    const own = [...new Set(onPort.flatMap(({ addresses }) => existing(addresses, podAddresses)))];
    const isIpv4Alone =
      isMlserver &&
      onPort.every(({ target }) => !target.scheme.startsWith("grpc")) &&
      own.every((address) => isServedBy(address, "0.0.0.0"));
    return {
      port,
      bindTo: isIpv4Alone ? "0.0.0.0" : "::",
      targets: onPort.map(({ target }) => target),
      own,
      others: podAddresses.filter((address) => !own.includes(address)).slice(0, OTHERS_LIMIT),
    };
  });
}

/** `localhost` stands for `::1` even where IPv6 is off: nobody is reached over that, and the other one is the path. */
function existing(addresses: readonly string[], podAddresses: readonly string[]): readonly string[] {
  const found = addresses.filter((address) => address !== "::1" || podAddresses.includes(address));
  return found.length > 0 ? found : addresses;
}
