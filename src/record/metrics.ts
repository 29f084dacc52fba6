import { Registry } from "prom-client";
import type { GateState } from "../core/gate.ts";
import type { Loopback } from "../core/loopback-memory.ts";
import type { Look } from "../core/observation.ts";
import { createCounters } from "./metrics-counters.ts";
import { createGauges } from "./metrics-gauges.ts";

/** The gate's metrics; `docs/contract.md` lists them. */
export interface GateMetrics {
  /** The media type of what `expose` makes. */
  readonly contentType: string;
  /** Counts what a look at the target of that name saw. A look during a stall of the gate itself counts nothing. */
  observeLook(targetName: string, look: Look): void;
  /** All series as Prometheus text, the gauges as of this state and what is known of loopback. */
  expose(state: GateState, loopback?: Loopback): Promise<string>;
}

const NOTHING_KNOWN: Loopback = { ipv4: null, ipv6: null };

/** What the metrics are made for. */
export interface MetricsOptions {
  /** The program's version. */
  readonly version: string;
  readonly targets: readonly { readonly name: string }[];
}

/**
 * Makes the metrics, in a registry of their own and without those of the process. All label values are bounded: with
 * the targets of a preset there are fewer than 150 series, whatever the targets do.
 */
export function createMetrics({ version, targets }: MetricsOptions): GateMetrics {
  const registry = new Registry();
  const names = targets.map(({ name }) => name);
  const counters = createCounters(registry, names);
  const gauges = createGauges(registry, version);
  return {
    contentType: registry.contentType,
    observeLook: counters.observeLook,
    expose: async (state, loopback = NOTHING_KNOWN) => {
      gauges.show(state, loopback);
      return await registry.metrics();
    },
  };
}
