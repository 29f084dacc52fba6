import type { Clock } from "../core/ports.ts";
import type { Target } from "../core/target.ts";
import type { EphemeralPorts } from "../kernel/ephemeral-range.ts";
import type { ListenTable } from "../kernel/listen-table.ts";
import type { Inquiry, Prober } from "../probes/prober.ts";
import type { AcceptLedger } from "./accept-ledger.ts";
import type { Explainer } from "./explainer.ts";
import type { Resolver } from "./resolver.ts";

/** What looks are taken with; shared by all targets but the resolver. */
export interface LookParts {
  readonly clock: Clock;
  readonly table: ListenTable;
  readonly ledger: AcceptLedger;
  readonly resolver: Resolver;
  readonly ephemeralPorts: EphemeralPorts | null;
  readonly openProber: (target: Target, address: string) => Prober;
  readonly isLocalAddress: (address: string) => boolean;
  /** Explains failed connects to a port. */
  readonly newExplainer: (port: number) => Explainer;
  /** Inodes of the gate's own sockets. */
  readonly ownSockets: () => ReadonlySet<number>;
  /** Whether the gate has found a socket of its own in the table. */
  readonly isTableProven: () => boolean;
  /** Other addresses of the pod and how to try them; absent: none are tried. */
  readonly evidence?: EvidenceParts;
}

/** What evidence is gathered with. */
export interface EvidenceParts {
  /** Addresses of this network namespace, in canonical text; loopback first. */
  readonly addresses: () => readonly string[];
  /** Opens one TCP connection. */
  readonly knock: (address: string, port: number) => Pick<Inquiry, "connected" | "close">;
}
