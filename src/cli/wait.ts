import { formatDuration } from "../core/duration.ts";
import { type Moment, millisecondsBetween } from "../core/moment.ts";
import { readinessOf } from "../core/readiness.ts";
import type { VerdictClass } from "../core/verdict-table.ts";
import { writeToContainerLog } from "../record/container-log.ts";
import { openLog } from "../record/log.ts";
import { writeTerminationLog } from "../record/termination-log.ts";
import { readyzAnswer } from "../serve/readyz-text.ts";
import type { Settings } from "../settings/settings.ts";
import { systemClock as clock } from "../watch/system-clock.ts";
import { PROC_ROOT, type RunningGate, startGate } from "./compose.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { progressOn } from "./progress.ts";
import { ASK_MS, askRunningGate, type GateAnswer } from "./running-gate.ts";

/** What `wait` waits with. */
export interface WaitOptions {
  readonly settings: Settings;
  readonly warnings: readonly string[];
  readonly timeoutMs: number;
  /** What happens when the time is up: fail with the verdict's exit code, or let go with 0. */
  readonly onTimeout: "fail" | "continue";
}

/** Between questions to a running gate, and to find one that was not there. */
const POLL_MS = 50;
const SEARCH_MS = 250;

/** Classes of verdicts that time alone does not heal; `unknown` may yet turn out to be a slow start. */
const VAIN_CLASSES: ReadonlySet<VerdictClass> = new Set(["network-block", "misconfiguration", "server-fault"]);
const VAIN_MS = 500;
const SHORTEST_ASK_MS = 100;

/**
 * Blocks until the gate is open or the time is up. Asks the running gate while one answers; else it watches the targets
 * itself, and goes over to a running gate as soon as one answers, so that the server is not asked twice.
 *
 * @returns the exit code
 */
export async function wait({ settings, warnings, timeoutMs, onTimeout }: WaitOptions): Promise<number> {
  const log = openLog(settings.logLevel, 2);
  for (const text of warnings) log.warn(text);
  const began = clock.now();
  const leftMs = () => timeoutMs - millisecondsBetween(began, clock.now());
  const isVain = onTimeout === "continue" ? watchForVain() : () => false;
  const answer = await waitUntil(settings, leftMs, isVain);
  const took = formatDuration(Math.round(millisecondsBetween(began, clock.now())));
  if (answer.isReady) {
    process.stdout.write(`ready after ${took}\n`);
    return EXIT.ok;
  }
  const isLettingGo = onTimeout === "continue";
  leaveLastWords(`not ready after ${took}: ${isLettingGo ? "going on without it" : "giving up"}`, answer, settings);
  return isLettingGo ? EXIT.ok : exitCodeOf(false, answer.class);
}

/** Asks or watches until the gate is open, no time is left or waiting is in vain; the last answer. */
async function waitUntil(
  settings: Settings,
  leftMs: () => number,
  isVain: (answer: GateAnswer) => boolean,
): Promise<GateAnswer> {
  const began = clock.now();
  const progress = progressOn(process.stdout);
  let own: RunningGate | null = null;
  for (;;) {
    const running = await askRunningGate(settings.listen, askMs(leftMs()));
    own = await switchOver(own, running, settings);
    const answer = running ?? ownAnswer(own);
    if (!answer.isReady) progress.show(answer.text, millisecondsBetween(began, clock.now()));
    if (answer.isReady || leftMs() <= 0 || isVain(answer)) {
      progress.end();
      await own?.stop();
      return answer;
    }
    await pause(Math.min(leftMs(), running === null ? SEARCH_MS : POLL_MS), own);
  }
}

/** At most a part of the time that is left: something that says nothing on the gate's port must leave time to look. */
function askMs(leftMs: number): number {
  return Math.min(ASK_MS, Math.max(SHORTEST_ASK_MS, leftMs / 4));
}

/** Watches the targets itself exactly while no running gate answers. */
async function switchOver(
  own: RunningGate | null,
  running: GateAnswer | null,
  settings: Settings,
): Promise<RunningGate | null> {
  if (running === null) return own ?? startGate(settings, {});
  await own?.stop();
  return null;
}

function ownAnswer(own: RunningGate | null): GateAnswer {
  if (own === null) throw new Error("no gate answers and none watches");
  const state = own.state();
  const { isReady, verdict } = readinessOf(state, clock.now());
  const hasLooked = state.targets.every(({ lastLookedAt }) => lastLookedAt !== null);
  const text = hasLooked ? readyzAnswer(state, clock.now(), {}).body.trim() : "";
  return { isReady, class: verdict.class, text };
}

/** Waits for the time to pass, or for the own gate to change. */
function pause(ms: number, own: RunningGate | null): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      cancel();
      unsubscribe();
      resolve();
    };
    const cancel = clock.after(ms, finish);
    const unsubscribe = own?.subscribe(finish) ?? (() => {});
  });
}

/**
 * Tells when waiting longer cannot help: the verdict has been of a class that no patience heals for {@link VAIN_MS}. Only
 * asked by who goes on without the gate in any case, such as a hook that holds up the rest of the pod.
 */
function watchForVain(): (answer: GateAnswer) => boolean {
  let since: Moment | null = null;
  return (answer) => {
    if (answer.text === "" || !VAIN_CLASSES.has(answer.class)) {
      since = null;
      return false;
    }
    since ??= clock.now();
    return millisecondsBetween(since, clock.now()) >= VAIN_MS;
  };
}

/** What a hook prints is lost, so the last words go where people look: the gate's own log and the termination log. */
function leaveLastWords(line: string, answer: GateAnswer, { terminationLog }: Settings): void {
  process.stdout.write(`${line}\n`);
  const time = new Date(clock.now().wallMs).toISOString();
  writeToContainerLog(JSON.stringify({ level: "warn", time, class: answer.class, msg: `wait: ${line}` }), PROC_ROOT);
  if (terminationLog !== null) writeTerminationLog(terminationLog, `wait: ${line}\n${answer.text}\n`);
}
