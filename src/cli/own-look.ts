import type { GateState } from "../core/gate.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { TargetState } from "../core/target-state.ts";
import { runCanary } from "../probes/canary.ts";
import type { Settings } from "../settings/settings.ts";
import { settleWithin } from "../watch/settle-within.ts";
import { systemClock as clock } from "../watch/system-clock.ts";
import { type RunningGate, startGate } from "./compose.ts";
import { keepFindings } from "./findings-keeper.ts";
import { type SurroundingsSoFar, viewOf } from "./gate-view.ts";

/** A gate of our own, without listeners, for as long as a diagnosis lasts. */
export interface OwnLook {
  readonly gate: RunningGate;
  snapshot(): Snapshot;
  /** Settles when no verdict would change by looking longer, or after {@link LONGEST_MS}. */
  readonly decided: Promise<void>;
  stop(): Promise<void>;
}

/** Two looks that each wait for a time-out, and what explains them. */
const LONGEST_MS = 3500;
/** A verdict that is told from what does not happen must have had time to be another. */
const SAME_FOR_MS = 600;
const LONGEST_ATTEMPT_MS = 1000;
/** Between looks once the gate is open: a diagnosis wants to see everything twice. */
const INTERVAL_MS = 300;
const CANARY_MS = 1000;

/** Starts to look. */
export function startOwnLook(settings: Settings, warnings: readonly string[]): OwnLook {
  const sofar: SurroundingsSoFar = { warnings: [...warnings], loopback: { ipv4: null, ipv6: null } };
  let decide = () => {};
  const decided = new Promise<void>((resolve) => {
    decide = resolve;
  });
  const isSteady = steadiness();
  const gate = startGate(hurried(settings), {
    onLook: () => {
      if (isSteady(gate.state())) decide();
    },
    onNoTable: () => void sofar.warnings.push("the table of listening sockets cannot be read here"),
  });
  sofar.findings = keepFindings(gate, settings, () => {});
  const view = viewOf(gate, sofar);
  const canaries = lookAtLoopback(sofar);
  return {
    gate,
    snapshot: () => {
      // The last reading may still show a listener of our own that is closed by now.
      gate.table.fresh();
      return view.snapshot();
    },
    decided: settleWithin(Promise.all([decided, canaries]), LONGEST_MS, clock).then(() => {}),
    stop: async () => {
      sofar.findings?.stop();
      await gate.stop();
    },
  };
}

async function lookAtLoopback(sofar: SurroundingsSoFar): Promise<void> {
  const [ipv4, ipv6] = await Promise.all(
    ["127.0.0.1", "::1"].map((address) => runCanary({ address, withinMs: CANARY_MS })),
  );
  sofar.loopback = { ipv4: ipv4 ?? null, ipv6: ipv6 ?? null };
}

function hurried(settings: Settings): Settings {
  const probeTimeoutMs = Math.min(settings.policy.probeTimeoutMs, LONGEST_ATTEMPT_MS);
  return { ...settings, policy: { ...settings.policy, probeTimeoutMs, intervalMs: INTERVAL_MS } };
}

/** Tells of the state after each look whether it is decided. */
function steadiness(): (state: GateState) => boolean {
  const since = new Map<string, { readonly code: string; readonly beganMs: number }>();
  return ({ targets }) => {
    const isSteady = targets.map(({ target, verdict, isReady, lastLook }) => {
      if (lastLook === null) return false;
      const known = since.get(target.name);
      const same = known?.code === verdict.code ? known : { code: verdict.code, beganMs: lastLook.began.monotonicMs };
      since.set(target.name, same);
      return isProven({ verdict, isReady }) || (verdict.code !== "UNKNOWN" && lasted(same.beganMs, lastLook));
    });
    return isSteady.every(Boolean);
  };
}

/** Readiness is what the server says; a block or a wrong setting is told only with its proof. */
function isProven({ verdict, isReady }: Pick<TargetState, "verdict" | "isReady">): boolean {
  return isReady || ["ready", "network-block", "misconfiguration"].includes(verdict.class);
}

function lasted(beganMs: number, { ended }: NonNullable<TargetState["lastLook"]>): boolean {
  return ended.monotonicMs - beganMs >= SAME_FOR_MS;
}
