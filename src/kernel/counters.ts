import { openProcFile, type ProcFile } from "./proc-file.ts";

/** Counters of the network namespace that tell how connections ended; each is null where the kernel does not show it. */
export interface TcpCounters {
  /** `Tcp: OutRsts`: resets that the kernel's TCP sent, IPv4 and IPv6 together. A rule's own resets are not in it. */
  readonly resetsSent: number | null;
  /** `Tcp: AttemptFails`: connects that were answered by a reset. */
  readonly attemptFails: number | null;
  /** `Icmp: InDestUnreachs`: ICMP "destination unreachable" that came in, IPv4. */
  readonly icmpUnreachable: number | null;
  /** `Icmp6InDestUnreachs`: the same, IPv6. */
  readonly icmp6Unreachable: number | null;
  /** Packets that `lo` received: all that goes to an address of the namespace's own passes it. */
  readonly loopbackPackets: number | null;
}

/** Counters of full accept queues; null where the kernel does not show them. */
export interface QueueCounters {
  /** `TcpExt: ListenOverflows`: connections that found an accept queue full. */
  readonly listenOverflows: number | null;
  /** `TcpExt: ListenDrops`: connections that a listening socket let fall, for that or another reason. */
  readonly listenDrops: number | null;
}

/** Reads the counters, at once: what they are compared with must happen between two reads of one turn of the loop. */
export interface Counters {
  tcp(): TcpCounters;
  queues(): QueueCounters;
  close(): void;
}

/** Opens the counters under a `/proc` of the caller's choice. */
export function openCounters(procRoot: string): Counters {
  const snmp = openProcFile(`${procRoot}/net/snmp`);
  const snmp6 = openProcFile(`${procRoot}/net/snmp6`);
  const devices = openProcFile(`${procRoot}/net/dev`);
  const netstat = openProcFile(`${procRoot}/net/netstat`);
  return {
    tcp: () => {
      const text = textOf(snmp);
      return {
        resetsSent: parsePaired(text, "Tcp", "OutRsts"),
        attemptFails: parsePaired(text, "Tcp", "AttemptFails"),
        icmpUnreachable: parsePaired(text, "Icmp", "InDestUnreachs"),
        icmp6Unreachable: parseNamed(textOf(snmp6), "Icmp6InDestUnreachs"),
        // A node may have hundreds of interfaces; `lo` is the first of them.
        loopbackPackets: parseReceived(devices.read((read) => LOOPBACK_ROW.test(read)) ?? "", "lo"),
      };
    },
    queues: () => {
      const text = textOf(netstat);
      return {
        listenOverflows: parsePaired(text, "TcpExt", "ListenOverflows"),
        listenDrops: parsePaired(text, "TcpExt", "ListenDrops"),
      };
    },
    close: () => {
      for (const file of [snmp, snmp6, devices, netstat]) file.close();
    },
  };
}

function textOf(file: ProcFile): string {
  return file.read() ?? "";
}

/**
 * A counter of `/proc/net/snmp` or `netstat`, where a line of names is followed by a line of numbers, both begun by the
 * group's name and a colon (net/ipv4/proc.c). Null when the group or the name is not there, or is no whole number.
 */
export function parsePaired(text: string, group: string, name: string): number | null {
  const [names, values] = text.split("\n").filter((line) => line.startsWith(`${group}: `));
  if (names === undefined || values === undefined) return null;
  const position = names.split(" ").indexOf(name);
  return position < 1 ? null : wholeNumber(values.split(" ")[position]);
}

/** A counter of `/proc/net/snmp6`, one to a line: a name and a number (net/ipv6/proc.c). */
export function parseNamed(text: string, name: string): number | null {
  const line = text.split("\n").find((candidate) => candidate.split(/\s/, 1)[0] === name);
  return line === undefined ? null : wholeNumber(line.slice(name.length).trim());
}

/** The whole row of `lo` in `/proc/net/dev`. */
const LOOPBACK_ROW = /^ *lo:.*\n/m;

/** Packets that an interface received, of `/proc/net/dev`: the second figure after its name (net/core/net-procfs.c). */
export function parseReceived(text: string, name: string): number | null {
  const row = text.split("\n").find((line) => line.trimStart().startsWith(`${name}:`));
  return row === undefined ? null : wholeNumber(row.split(":")[1]?.trim().split(/\s+/)[1]);
}

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,20}$/.test(text) ? Number(text) : null;
}
