import { Counter, Gauge, type Registry } from "prom-client";
import { type GateState, speaker } from "../core/gate.ts";
import type { Loopback } from "../core/loopback-memory.ts";
import { type Moment, millisecondsBetween } from "../core/moment.ts";
import type { TargetState } from "../core/target-state.ts";
import { VERDICT_CLASSES } from "../core/verdict-table.ts";
import { shareOfSeries } from "./metrics-share.ts";

/** The metrics that show a state. */
export interface StateGauges {
  show(state: GateState, loopback: Loopback): void;
}

const PHASES = ["listening", "connected", "answered", "ready"] as const;

/** Makes the gauges in a registry. Those whose label values change are emptied each time they are shown. */
export function createGauges(registry: Registry, version: string): StateGauges {
  const gauge = <T extends string>(name: string, help: string, labelNames: readonly T[] = []): Gauge<T> =>
    new Gauge({ name: `readiness_gate_${name}`, help, labelNames: [...labelNames], registers: [registry] });

  gauge("build_info", "The program's version.", ["version"]).set({ version }, 1);
  const ready = gauge("ready", "1 while the gate is open.");
  const verdict = gauge("verdict", "1 for the class of the gate's verdict.", ["class"]);
  const verdictInfo = gauge("verdict_info", "The gate's verdict and the target whose it is.", [
    "target",
    "code",
    "class",
  ]);
  const loopbackOk = createLoopbackGauge(gauge);
  const targets = createTargetGauges(gauge);
  const restarts = new Counter({
    name: "readiness_gate_server_restarts_total",
    help: "How often a target's listening socket was replaced by another.",
    labelNames: ["target"],
    registers: [registry],
  });

  return {
    show: (state, loopback) => {
      const voice = speaker(state.targets);
      ready.set(state.isOpen ? 1 : 0);
      for (const one of VERDICT_CLASSES) verdict.set({ class: one }, one === voice.verdict.class ? 1 : 0);
      verdictInfo.reset();
      verdictInfo.set({ target: voice.target.name, code: voice.verdict.code, class: voice.verdict.class }, 1);
      targets.show(state);
      loopbackOk.show(loopback);
      // The memory holds the count; a counter has no way to be set.
      restarts.reset();
      for (const { target, memory } of state.targets) restarts.inc({ target: target.name }, memory.restarts);
    },
  };
}

type MakeGauge = <T extends string>(name: string, help: string, labelNames?: readonly T[]) => Gauge<T>;

/** A family that does not exist here, or was not looked at yet, has no series. */
function createLoopbackGauge(gauge: MakeGauge): { show(loopback: Loopback): void } {
  const ok = gauge("loopback_ok", "1 while the gate reaches its own listener over loopback.", ["family"]);
  return {
    show: (loopback) => {
      ok.reset();
      for (const family of ["ipv4", "ipv6"] as const) {
        const state = loopback[family];
        if (state === "ok" || state === "failed") ok.set({ family }, state === "ok" ? 1 : 0);
      }
    },
  };
}

function createTargetGauges(gauge: MakeGauge): { show(state: GateState): void } {
  const ready = gauge("target_ready", "1 while the target does what the gate asks of it.", ["target"]);
  const phases = gauge("start_phase_seconds", "Time from the gate's start until the target first got there.", [
    "target",
    "phase",
  ]);
  const binds = gauge("bind_info", "Addresses that the target's port is bound to now.", ["target", "address"]);

  const showOne = ({ target, isReady, memory }: TargetState, startedAt: Moment, limit: number): void => {
    ready.set({ target: target.name }, isReady ? 1 : 0);
    for (const phase of PHASES) {
      const at = memory.timeline[phase];
      if (at !== null) phases.set({ target: target.name, phase }, millisecondsBetween(startedAt, at) / 1_000);
    }
    const addresses = new Set(memory.sockets.map(({ address }) => address));
    for (const address of [...addresses].slice(0, limit)) binds.set({ target: target.name, address }, 1);
  };

  return {
    show: ({ targets, startedAt }) => {
      binds.reset();
      const { addressesShown } = shareOfSeries(targets.length);
      for (const one of targets) showOne(one, startedAt, addressesShown);
    },
  };
}
