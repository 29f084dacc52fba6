import closeWithGrace from "close-with-grace";
import { hostPort } from "../core/evidence.ts";
import { type GateState, speaker, type Transition } from "../core/gate.ts";
import { rememberLoopback } from "../core/loopback-memory.ts";
import { millisecondsBetween } from "../core/moment.ts";
import type { Look } from "../core/observation.ts";
import type { TargetState } from "../core/target-state.ts";
import { runCanary } from "../probes/canary.ts";
import { logFinding } from "../record/finding-log.ts";
import { type Log, openLog } from "../record/log.ts";
import { createMetrics } from "../record/metrics.ts";
import { writeTerminationLog } from "../record/termination-log.ts";
import { logTransition, startSummaries } from "../record/transition-log.ts";
import { listenAdmin } from "../serve/admin-listener.ts";
import { listenGrpcHealth } from "../serve/grpc-health-listener.ts";
import { isListenError, type ListenError, type Listening } from "../serve/listening.ts";
import { listenProbe } from "../serve/probe-listener.ts";
import { describeSettings } from "../settings/describe.ts";
import type { SettingOrigins } from "../settings/load.ts";
import type { ListenAddress, Settings } from "../settings/settings.ts";
import { type RunningGate, startGate } from "./compose.ts";
import { EXIT } from "./exit-codes.ts";
import { keepFindings } from "./findings-keeper.ts";
import { type SurroundingsSoFar, viewOf } from "./gate-view.ts";
import { type Journaling, newJournaling } from "./journaling.ts";
import { VERSION } from "./version.ts";

/** Settings as they were loaded. */
export interface ServeInput {
  readonly settings: Settings;
  readonly origins: SettingOrigins;
  readonly warnings: readonly string[];
}

/** What `serve` holds while it runs. */
interface Sidecar {
  readonly settings: Settings;
  readonly log: Log;
  readonly gate: RunningGate;
  readonly journal: ReturnType<Journaling["follow"]>;
  readonly sofar: SurroundingsSoFar;
  readonly listeners: Listening[];
  readonly stopSummaries: () => void;
}

const CANARY_MS = 1000;
/** Closing the listeners may take this long before the process ends anyway. */
const CLOSE_MS = 1500;
const DRAIN_POLL_MS = 100;

/**
 * Runs the sidecar until a signal: watches the targets and serves the endpoints. Only a probe listener that cannot be
 * bound ends it; every other trouble of its own is a warning.
 *
 * @returns the exit code when it could not start; otherwise the process ends by itself on SIGTERM or SIGINT
 */
export async function serve({ settings, origins, warnings }: ServeInput): Promise<number | null> {
  const log = openLog(settings.logLevel, 1);
  log.info({ version: VERSION, settings: describeSettings(settings, origins) }, "readiness-gate starts to watch");
  const sofar: SurroundingsSoFar = { warnings: [], loopback: { ipv4: null, ipv6: null } };
  const warn = (text: string) => {
    // Trouble that comes and goes is told each time in the log, and stands once in the snapshot.
    if (!sofar.warnings.includes(text)) sofar.warnings.push(text);
    log.warn(text);
  };
  for (const text of warnings) warn(text);

  const metrics = createMetrics({ version: VERSION, targets: settings.targets });
  const journaling = newJournaling(settings, { log, warn });
  const listener = {
    onTransition: (transition: Transition) => logTransition(log, transition),
    onLook: (target: string, look: Look) => {
      metrics.observeLook(target, look);
      sofar.loopback = rememberLoopback(sofar.loopback, look);
    },
    onNoTable: () => warn("the table of listening sockets cannot be read here: going on with back-off alone"),
  };
  const gate = startGate(settings, listener, journaling.restore);
  const journal = journaling.follow(gate);
  const sidecar = {
    settings,
    log,
    gate,
    journal,
    sofar,
    listeners: [],
    stopSummaries: startSummaries(log, gate.clock, gate.state),
  };
  endOnSignal(sidecar);
  keepTerminationLog(sidecar, warn);
  sofar.findings = keepFindings(gate, settings, (finding) => logFinding(log, finding));
  const view = viewOf(gate, sofar);
  const page = { ...metrics, expose: (state: GateState) => metrics.expose(state, sofar.loopback) };
  const onError = (error: Error) => log.error({ err: error }, "a request failed inside the gate");
  try {
    await opened(sidecar, listenProbe(settings.listen, { view, metrics: page, onError }));
  } catch (error) {
    if (!isListenError(error)) throw error;
    log.fatal(takenPort(error, gate));
    return EXIT.badUsage;
  }
  journal.begin();
  await openOptional(sidecar, { what: "admin", at: settings.adminListen, warn }, (at) =>
    listenAdmin(at, { view, onError }),
  );
  await openOptional(sidecar, { what: "gRPC", at: settings.grpcListen, warn }, (at) =>
    listenGrpcHealth(at, { view, onError }),
  );
  sofar.loopback = {
    ipv4: await runCanary({ address: "127.0.0.1", withinMs: CANARY_MS }),
    ipv6: await runCanary({ address: "::1", withinMs: CANARY_MS }),
  };
  return null;
}

async function opened({ listeners }: Sidecar, opening: Promise<Listening>): Promise<void> {
  listeners.push(await opening);
}

interface Optional {
  readonly what: string;
  readonly at: ListenAddress | null;
  readonly warn: (text: string) => void;
}

async function openOptional(
  sidecar: Sidecar,
  { what, at, warn }: Optional,
  open: (at: ListenAddress) => Promise<Listening>,
): Promise<void> {
  if (at === null) return;
  try {
    await opened(sidecar, open(at));
  } catch (error) {
    if (!isListenError(error)) throw error;
    warn(`the ${what} listener is off: ${takenPort(error, sidecar.gate)}`);
  }
}

/** Says what could not be bound and, when the port is taken, by which socket. */
function takenPort({ address, port, code }: ListenError, { table }: RunningGate): string {
  const place = hostPort(address, port);
  if (code !== "EADDRINUSE") return `cannot listen on ${place}: ${code}`;
  const holders = (table.fresh() ?? []).filter((socket) => socket.port === port);
  const held = holders.map((socket) => `${hostPort(socket.address, socket.port)} (uid ${socket.uid})`).join(", ");
  return `cannot listen on ${place}: the port is taken${held === "" ? "" : ` by the socket bound to ${held}`}; give the gate another port or stop the other listener`;
}

/** Leaves the gate's verdict where `kubectl describe pod` shows it after the container has ended, whatever ended it. */
function keepTerminationLog({ settings, gate }: Sidecar, warn: (text: string) => void): void {
  const path = settings.terminationLog;
  if (path === null) return;
  let written = "";
  let hasWarned = false;
  const write = () => {
    const text = terminationText(gate.state());
    if (text === written) return;
    written = text;
    const problem = writeTerminationLog(path, text);
    if (problem !== null && !hasWarned) warn(`the termination log cannot be written: ${problem}`);
    hasWarned ||= problem !== null;
  };
  write();
  gate.subscribe(write);
}

function terminationText({ targets }: GateState): string {
  const { target, verdict } = speaker(targets);
  const head = `${target.name} ${verdict.code} (${verdict.class}): ${verdict.summary}`;
  return [head, verdict.remedy, ...verdict.evidence, ""].join("\n");
}

function endOnSignal(sidecar: Sidecar): void {
  const { log, settings } = sidecar;
  const delay = settings.drainMs + CLOSE_MS;
  closeWithGrace({ delay, logger: false }, async ({ err, signal }) => {
    if (err) {
      log.fatal({ err }, "an error that nobody caught ends the gate");
      return;
    }
    await end(sidecar, signal ?? "request");
  });
}

/** Drains, closes the listeners and stops the watch. */
async function end(sidecar: Sidecar, signal: string): Promise<void> {
  const { log, gate, journal, settings, sofar, listeners, stopSummaries } = sidecar;
  gate.beginStop();
  await drained(gate, settings.drainMs);
  await Promise.all(listeners.map((listening) => listening.close()));
  stopSummaries();
  sofar.findings?.stop();
  await gate.stop();
  journal.close();
  const { target, verdict } = speaker(gate.state().targets);
  log.info({ signal, target: target.name, verdict: verdict.code }, "readiness-gate has stopped");
}

/** Goes on watching until no target listens any more, or the time is up. */
async function drained(gate: RunningGate, drainMs: number): Promise<void> {
  const began = gate.clock.now();
  while (millisecondsBetween(began, gate.clock.now()) < drainMs && !gate.state().targets.every(hasStopped)) {
    await new Promise<void>((resolve) => void gate.clock.after(DRAIN_POLL_MS, resolve));
  }
}

function hasStopped({ memory, verdict, lastLook }: TargetState): boolean {
  if (lastLook?.listen.isKnown) return memory.sockets.length === 0;
  return verdict.class !== "ready" && verdict.code !== "NOT_READY";
}
