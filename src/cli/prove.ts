import type { Clock } from "../core/ports.ts";
import { readTrackedConnections } from "../kernel/connection-tracking.ts";
import type { Counters } from "../kernel/counters.ts";
import type { ListenTable } from "../kernel/listen-table.ts";
import { newBursts } from "../probes/burst.ts";
import { runCanary } from "../probes/canary.ts";
import { connectTcp } from "../probes/connect.ts";
import { releaseSocket } from "../probes/release.ts";
import type { AcceptLedger } from "../watch/accept-ledger.ts";
import { type Explainer, type ExplainerParts, newExplainer } from "../watch/explainer.ts";
import { shareGlances } from "../watch/loopback-glance.ts";

/** What the gate proves its verdicts with. */
export interface ProofParts {
  readonly procRoot: string;
  readonly clock: Clock;
  readonly table: ListenTable;
  readonly counters: Counters;
  readonly ledger: AcceptLedger;
}

const CANARY_MS = 1000;

/** Makes the explainers of failed connects out of the real probes. */
export function explainers({ procRoot, clock, table, counters, ledger }: ProofParts): (port: number) => Explainer {
  const parts: ExplainerParts = {
    clock,
    table,
    counters,
    ...newBursts({ clock, counters }),
    checkLoopback,
    glanceAtLoopback: shareGlances((address) => checkLoopback(address, CANARY_MS), clock),
    trackedWhileConnected: (address) => trackedWhileConnected(address, procRoot),
    onConnected: (port, count) => ledger.arrived(ledger.opened(port, count)),
    knock,
  };
  return (port) => newExplainer(port, parts);
}

function checkLoopback(address: string, withinMs: number): ReturnType<ExplainerParts["checkLoopback"]> {
  return runCanary({ address, withinMs });
}

/** Opens one connection and nothing more. */
export function knock(address: string, port: number): ReturnType<ExplainerParts["knock"]> {
  const { socket, result } = connectTcp({ address, port });
  return { connected: result, close: () => releaseSocket(socket) };
}

async function trackedWhileConnected(address: string, procRoot: string): Promise<number | null> {
  let tracked: number | null = null;
  const whileOpen = () => {
    tracked = readTrackedConnections(procRoot);
  };
  await runCanary({ address, withinMs: CANARY_MS, whileOpen });
  return tracked;
}

/** Whether the table shows a socket of our own: on some kernels it is there and stays empty. */
export async function proveTable(table: ListenTable): Promise<boolean> {
  let isProven = false;
  const whileOpen = (own: number) => {
    isProven = table.fresh()?.some(({ port }) => port === own) ?? false;
  };
  await runCanary({ address: "127.0.0.1", withinMs: CANARY_MS, whileOpen });
  return isProven;
}
