import type { GateState } from "../gate.ts";
import type { Moment } from "../moment.ts";
import type { ListeningSocket } from "../observation.ts";
import type { ClientRecord } from "./clients.ts";

/** How long a startup probe of the kubelet lets a server be silent. */
export interface ProbeAllowance {
  /** Whose probe it is, for people: `the startup probe of Seldon's ServerConfig`. */
  readonly whose: string;
  readonly periodSeconds: number;
  readonly failureThreshold: number;
}

/** What findings are told from: the gate's state and what was found around it. */
export interface Scene {
  readonly state: GateState;
  readonly now: Moment;
  /** Names of the network interfaces of the namespace; empty where they are not told. */
  readonly interfaces: readonly string[];
  /** Listening sockets of others than the gate itself; empty where they are not told. */
  readonly listeners: readonly ListeningSocket[];
  /** Whether any address of IPv6 exists here, `::1` included. */
  readonly hasIpv6: boolean;
  /** Who was seen connected to a target's port, by the target's name. */
  readonly clients: ReadonlyMap<string, ClientRecord>;
  readonly probe: ProbeAllowance;
}
