import { Counter, Histogram, type Registry } from "prom-client";
import { NO_MEMORY, rememberLook } from "../core/memory.ts";
import type { Look, PathLook } from "../core/observation.ts";
import { STALL_LIMIT_MS } from "../core/target-state.ts";
import { shareOfSeries } from "./metrics-share.ts";

/** The metrics that grow with each look. */
export interface LookCounters {
  observeLook(targetName: string, look: Look): void;
}

/** From what loopback takes to the default bound on an attempt. */
const DURATION_BUCKETS_SECONDS = [0.001, 0.005, 0.025, 0.1, 1];

/** Who may have refused a connection; {@link PathLook} says when it is which. */
const REFUSERS = ["kernel", "firewall", "unknown"] as const;

/** The code of all other errors. */
const OTHER = "OTHER";

/** Makes the counters and the histogram in a registry. */
export function createCounters(registry: Registry, targetNames: readonly string[]): LookCounters {
  const registers = [registry];
  const { errorsKept } = shareOfSeries(targetNames.length);
  const durations = new Histogram({
    name: "readiness_gate_look_duration_seconds",
    help: "Time that a layer of a look took, whatever came of it; a silence counts until the look ended.",
    labelNames: ["target", "layer"],
    buckets: DURATION_BUCKETS_SECONDS,
    registers,
  });
  const errors = new Counter({
    name: "readiness_gate_errors_total",
    help: "Looks that were not ready, by the deepest layer reached and the error there.",
    labelNames: ["target", "layer", "code"],
    registers,
  });
  const refusals = new Counter({
    name: "readiness_gate_refusals_total",
    help: "Refused connections, by who refused them.",
    labelNames: ["target", "by"],
    registers,
  });
  const codes = new Map(targetNames.map((name) => [name, boundedCodes(errorsKept)]));
  // From zero, so that the first refusal by a rule is an increase that a query sees.
  for (const target of targetNames) for (const by of REFUSERS) refusals.inc({ target, by }, 0);

  const observePath = (target: string, { connect, answer }: PathLook): void => {
    if (connect !== null) durations.observe({ target, layer: "connect" }, connect.ms / 1_000);
    if (answer !== null) durations.observe({ target, layer: "protocol" }, answer.ms / 1_000);
    if (connect?.outcome === "refused") refusals.inc({ target, by: connect.refusedBy ?? "unknown" });
  };
  const observeError = (target: string, look: Look): void => {
    // The memory of this look alone says which of its errors counts, by the same rule as the snapshot's.
    const error = rememberLook(NO_MEMORY, look).lastError;
    if (error === null) return;
    errors.inc({ target, layer: error.layer, code: codes.get(target)?.(error.layer, error.code) ?? OTHER });
  };

  return {
    observeLook: (target, look) => {
      if (!codes.has(target)) throw new Error(`no target is named ${target}`);
      if (look.stalledMs > STALL_LIMIT_MS) return;
      for (const path of look.paths.filter(({ role }) => role === "target")) observePath(target, path);
      observeError(target, look);
    },
  };
}

/** Gives the first codes back as they are and `OTHER` for the rest, however many kinds of errors a server invents. */
function boundedCodes(limit: number): (layer: string, code: string) => string {
  const kept = new Set<string>();
  return (layer, code) => {
    const key = `${layer} ${code}`;
    if (kept.size < limit) kept.add(key);
    return kept.has(key) ? code : OTHER;
  };
}
