import { readinessOf } from "../core/readiness.ts";
import type { TargetState } from "../core/target-state.ts";
import { openLog } from "../record/log.ts";
import { readyzAnswer } from "../serve/readyz-text.ts";
import type { Settings } from "../settings/settings.ts";
import { settleWithin, TIME_UP } from "../watch/settle-within.ts";
import { systemClock as clock } from "../watch/system-clock.ts";
import { type RunningGate, startGate } from "./compose.ts";
import { exitCodeOf } from "./exit-codes.ts";
import { askRunningGate, type GateAnswer } from "./running-gate.ts";

/** What `check` checks with. */
export interface CheckOptions {
  readonly settings: Settings;
  readonly warnings: readonly string[];
}

/** Since the process started: an exec probe's `timeoutSeconds` is 1 by default, and the container's runtime takes its share. */
const LIMIT_MS = 800;
/** What a look gets however late Node.js was. */
const LEAST_MS = 300;
/** A gate that runs answers from memory; what takes longer is stuck, or no gate. */
const ASK_MS = 300;
/** What is kept of the limit to end in. */
const CLOSING_MS = 50;
const BACKOFF = { backoffMinMs: 25, backoffMaxMs: 50 };
/** Between two looks: the longest back-off, and what looking itself takes. */
const BETWEEN_MS = 75;

/**
 * Says in one line whether the gate is open: asks the gate that runs here, else looks at the targets itself. The line
 * is the same for as long as the verdict is, since the kubelet shows it in its events and folds equal ones; warnings
 * would not be, so they are for a terminal alone.
 *
 * @returns the exit code
 */
export async function check({ settings, warnings }: CheckOptions): Promise<number> {
  const log = openLog(settings.logLevel, 2);
  if (process.stderr.isTTY) for (const text of warnings) log.warn(text);
  const asked = await settleWithin(askRunningGate(settings.listen), ASK_MS, clock);
  const running = asked === TIME_UP ? null : asked;
  const answer = running ?? (await look(settings, Math.max(LEAST_MS, LIMIT_MS - performance.now())));
  process.stdout.write(`${answer.isReady ? "ready" : answer.text}\n`);
  return exitCodeOf(answer.isReady, answer.class);
}

/** Watches until a look at each required target has decided, or the time is up. */
async function look(settings: Settings, limitMs: number): Promise<GateAnswer> {
  const withinMs = limitMs - CLOSING_MS;
  let settle = () => {};
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const onLook = () => {
    if (gate.state().targets.every(isSettled)) settle();
  };
  const gate = startGate(hurried(settings, withinMs), { onLook });
  await settleWithin(settled, withinMs, clock);
  const answer = answerOf(gate);
  await settleWithin(gate.stop(), CLOSING_MS, clock);
  return answer;
}

/** Settings under which two looks fit into the time: only the second look at a time-out proves what made it. */
function hurried(settings: Settings, withinMs: number): Settings {
  const probeTimeoutMs = Math.min(settings.policy.probeTimeoutMs, Math.floor((withinMs - BETWEEN_MS) / 2));
  return { ...settings, ...BACKOFF, policy: { ...settings.policy, probeTimeoutMs } };
}

/** Whether the time that is left cannot be expected to change the verdict. */
function isSettled({ target, lastLook, verdict }: TargetState): boolean {
  const isOpen = verdict.code === "UNKNOWN" || verdict.code === "STARTING_UP";
  return !target.required || (lastLook !== null && !isOpen);
}

function answerOf(gate: RunningGate): GateAnswer {
  const now = clock.now();
  const { isReady, verdict } = readinessOf(gate.state(), now);
  return { isReady, class: verdict.class, text: readyzAnswer(gate.state(), now, {}).body.trim() };
}
