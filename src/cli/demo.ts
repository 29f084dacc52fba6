import { formatDuration } from "../core/duration.ts";
import { hostPort } from "../core/evidence.ts";
import { createMetrics } from "../record/metrics.ts";
import { lanesOf } from "../report/lanes.ts";
import { painter, storyLine, transitionStory } from "../report/story.ts";
import { listenAdmin } from "../serve/admin-listener.ts";
import { isListenError, type Listening } from "../serve/listening.ts";
import { listenProbe, type MetricsPage } from "../serve/probe-listener.ts";
import type { GateView } from "../serve/view.ts";
import type { Settings } from "../settings/settings.ts";
import { forkStandIn, type StandInProcess } from "../stand-in/fork.ts";
import type { StandInPhase } from "../stand-in/phases.ts";
import { GRPC_FAULTS, type GrpcFault, HTTP_FAULTS, type HttpFault, type StandInPlanInput } from "../stand-in/plan.ts";
import { systemClock as clock } from "../watch/system-clock.ts";
import { type RunningGate, startGate } from "./compose.ts";
import type { Context } from "./context.ts";
import { EXIT } from "./exit-codes.ts";
import { viewOf } from "./gate-view.ts";
import { reportStyleOf } from "./report-style.ts";
import { settingsOf } from "./setting-flags.ts";
import { UsageError } from "./usage-error.ts";
import { VERSION } from "./version.ts";

/** What the demo's stand-in server does, in milliseconds and by the names of its faults. */
export interface DemoFlags extends Record<string, unknown> {
  readonly bindAfter: number;
  readonly answerAfter: number;
  readonly readyAfter: number;
  readonly httpFault?: string;
  readonly grpcFault?: string;
}

/** The stand-in's ports: below the ephemeral range, and nobody's by convention. */
const HTTP_PORT = 18_080;
const GRPC_PORT = 18_081;

/** What each phase of the stand-in is, in words. */
const PHASES: Readonly<Record<StandInPhase, string>> = {
  starting: "starts; nothing is bound yet",
  bound: `binds ports ${HTTP_PORT} (HTTP) and ${GRPC_PORT} (gRPC), and answers nothing yet`,
  answering: "begins to answer: not ready",
  ready: "says that it is ready",
};

/**
 * Runs a stand-in server as a child process and a gate in front of it, and tells on the terminal what each does as it
 * happens. Goes on until a signal.
 *
 * @returns the exit code when it could not start
 */
export async function demo(
  { bindAfter, answerAfter, readyAfter, httpFault, grpcFault, ...flags }: DemoFlags,
  context: Context,
): Promise<number | null> {
  const faults = { httpFault: faultOf(HTTP_FAULTS, httpFault), grpcFault: faultOf(GRPC_FAULTS, grpcFault) };
  const { settings } = await settingsOf({ ...DEMO_FLAGS, ...flags }, context);
  const began = clock.now();
  const elapsedMs = () => clock.now().monotonicMs - began.monotonicMs;
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const style = reportStyleOf(process.stdout, context.environment);
  const paint = painter(style.hasColours);

  say(
    `A stand-in server binds after ${formatDuration(bindAfter)}, answers ${formatDuration(answerAfter)} later, ready ${formatDuration(readyAfter)} later.`,
  );
  const metrics = createMetrics({ version: VERSION, targets: settings.targets });
  const gate = startGate(settings, {
    onLook: metrics.observeLook,
    onTransition: (transition) => {
      for (const line of transitionStory(transition, elapsedMs(), paint)) say(line);
      if (transition.kind === "gate") for (const line of lanesOf(view.snapshot(), style)) say(line);
    },
  });
  const view = viewOf(gate, { warnings: [], loopback: { ipv4: null, ipv6: null } });
  const listeners = await openListeners(gate, settings, { view, metrics });
  for (const line of addressLines(listeners)) say(line);
  const plan = {
    httpPort: HTTP_PORT,
    grpcPort: GRPC_PORT,
    bindAfterMs: bindAfter,
    answerAfterMs: answerAfter,
    readyAfterMs: readyAfter,
    ...faults,
  };
  const standIn = await startStandIn(plan, (phase) => say(storyLine(elapsedMs(), "server", PHASES[phase])));
  endOnSignal({ gate, listeners, standIn, say });
  return null;
}

/** The demo watches its own stand-in; every flag may be given another value. */
const DEMO_FLAGS = {
  preset: "none",
  target: [`http=http://127.0.0.1:${HTTP_PORT}/v2/health/ready`, `grpc=grpc://127.0.0.1:${GRPC_PORT}`],
  listen: "127.0.0.1:9020",
  adminListen: "127.0.0.1:9022",
} as const;

function faultOf<Name extends HttpFault | GrpcFault>(names: readonly Name[], given: string | undefined): Name | null {
  if (given === undefined) return null;
  const found = names.find((name) => name === given);
  if (found === undefined) throw new UsageError(`there is no fault ${given}; there are: ${names.join(", ")}`);
  return found;
}

/** @throws {UsageError} when a port is taken */
async function openListeners(
  gate: RunningGate,
  settings: Settings,
  { view, metrics }: { readonly view: GateView; readonly metrics: MetricsPage },
): Promise<readonly Listening[]> {
  const opened: Listening[] = [];
  const onError = (error: Error) => process.stderr.write(`${error.message}\n`);
  try {
    opened.push(await listenProbe(settings.listen, { view, metrics, onError }));
    if (settings.adminListen !== null) opened.push(await listenAdmin(settings.adminListen, { view, onError }));
    return opened;
  } catch (error) {
    await gate.stop();
    if (!isListenError(error)) throw error;
    throw new UsageError(`${error.message}; choose other ports with --listen and --admin-listen`);
  }
}

function addressLines([probe, admin]: readonly Listening[]): readonly string[] {
  const lines: string[] = [];
  if (probe) lines.push(`Ask the gate:  curl "http://${hostPort(probe.address, probe.port)}/readyz?verbose"`);
  if (admin) lines.push(`Look at it:    http://${hostPort(admin.address, admin.port)}/   (/status, /events, /journal)`);
  return [...lines, "Ctrl-C ends the demo.", ""];
}

async function startStandIn(plan: StandInPlanInput, onPhase: (phase: StandInPhase) => void): Promise<StandInProcess> {
  const modulePath = process.argv[1];
  if (modulePath === undefined) throw new Error("the demo needs to know its own program's path");
  return await forkStandIn({ modulePath, execArgv: process.execArgv, plan, onPhase });
}

interface Demo {
  readonly gate: RunningGate;
  readonly listeners: readonly Listening[];
  readonly standIn: StandInProcess;
  readonly say: (line: string) => void;
}

function endOnSignal({ gate, listeners, standIn, say }: Demo): void {
  let isEnding = false;
  const end = async () => {
    isEnding = true;
    await Promise.all([standIn.stop(), gate.stop(), ...listeners.map((listening) => listening.close())]);
    process.exit(EXIT.ok);
  };
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  void standIn.ended.then((code) => {
    if (!isEnding) say(`The stand-in server has ended (${code ?? "by a signal"}).`);
  });
}
