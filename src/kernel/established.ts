import { unmapped } from "../core/coverage.ts";
import { openProcFile } from "./proc-file.ts";
import { addressOf } from "./socket-table.ts";

/** One end of an established TCP connection, addresses in canonical text, v4-mapped ones as IPv4. */
export interface Connection {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** 0 while the connection waits to be accepted. */
  readonly inode: number;
}

/** `TCP_ESTABLISHED` of the kernel's include/net/tcp_states.h. */
const ESTABLISHED = "01";

/** Enough to tell whether anybody is there. */
const PEERS_LIMIT = 64;

/** A row of `/proc/net/tcp` or `tcp6`; see `socket-table.ts` for its columns. */
const ROW =
  /^ *\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{2}) [0-9A-F]{8}:[0-9A-F]{8} [0-9A-F]{2}:[0-9A-F]+ [0-9A-F]+ +\d{1,10} +\d+ (\d{1,15}) /;

/** Reads the established connections that have one of these ports at either end; what is no row is passed over. */
export function parseEstablished(text: string, ports: ReadonlySet<number>): readonly Connection[] {
  return text.split("\n").flatMap((line): readonly Connection[] => {
    const row = ROW.exec(line);
    if (row === null || row[5] !== ESTABLISHED) return [];
    const [, local = "", localHex = "", remote = "", remoteHex = "", , inode] = row;
    const [localPort, remotePort] = [Number.parseInt(localHex, 16), Number.parseInt(remoteHex, 16)];
    if (!ports.has(localPort) && !ports.has(remotePort)) return [];
    return [
      {
        localAddress: unmapped(addressOf(local)),
        localPort,
        remoteAddress: unmapped(addressOf(remote)),
        remotePort,
        inode: Number(inode),
      },
    ];
  });
}

/**
 * The remote ends of connections to a port of this namespace, as `address port`, apart from those that the holder of
 * `own` sockets opened itself; at most {@link PEERS_LIMIT}.
 */
export function peersOf(port: number, connections: readonly Connection[], own: ReadonlySet<number>): readonly string[] {
  const ownEnds = new Set(
    connections
      .filter(({ inode, remotePort }) => remotePort === port && own.has(inode))
      .map(({ localAddress, localPort }) => `${localAddress} ${localPort}`),
  );
  const peers = connections
    .filter(({ localPort, inode }) => localPort === port && !own.has(inode))
    .map(({ remoteAddress, remotePort }) => `${remoteAddress} ${remotePort}`);
  return [...new Set(peers)].filter((peer) => !ownEnds.has(peer)).slice(0, PEERS_LIMIT);
}

/**
 * The established connections that have one of these ports at either end; null where there is no table. Reads at most
 * 1 MiB of each family, some 7,000 rows, and costs milliseconds: the kernel walks its whole hash table.
 */
export function readEstablished(procRoot: string, ports: ReadonlySet<number>): readonly Connection[] | null {
  const [ipv4, ipv6] = ["tcp", "tcp6"].map((name) => textOf(`${procRoot}/net/${name}`));
  if (ipv4 == null) return null;
  return [...parseEstablished(ipv4, ports), ...parseEstablished(ipv6 ?? "", ports)];
}

function textOf(path: string): string | null {
  const file = openProcFile(path);
  const text = file.read();
  file.close();
  return text;
}
