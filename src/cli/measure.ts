import type { FailingPath } from "../core/failing-path.ts";
import { type Counters, openCounters, type TcpCounters } from "../kernel/counters.ts";
import { type Bursts, closedPort, newBursts } from "../probes/burst.ts";
import type { MeasuredBurst, Measurement } from "../report/proof-tables.ts";
import { systemClock as clock } from "../watch/system-clock.ts";
import { PROC_ROOT } from "./compose.ts";

/** A report is read by people: more paths than this tell nothing more. */
const PATHS_LIMIT = 8;
const BURSTS_EACH = 2;
/** Two bursts must not fall into the same moment of a server that binds anew. */
const APART_MS = 300;

/** Looks that were under way when the gate was stopped come to their end, and its connections are closed. */
const QUIET_AFTER_MS = 700;

/**
 * Makes bursts on failing paths, each with a control, and notes the raw counters around each. The process must do
 * nothing else meanwhile.
 */
export async function measure(failing: readonly FailingPath[]): Promise<readonly Measurement[]> {
  if (failing.length === 0) return [];
  await pause(QUIET_AFTER_MS);
  const counters = openCounters(PROC_ROOT);
  const recorder = recording(counters);
  const bursts = newBursts({ clock, counters: recorder.counters });
  const measurements: Measurement[] = [];
  for (const { path, target } of failing.slice(0, PATHS_LIMIT)) {
    if (path.skipped === "ephemeral-port") continue;
    measurements.push(await measurePath(path.address, target.port, { bursts, recorder }));
  }
  counters.close();
  return measurements;
}

interface Recorder {
  readonly counters: Counters;
  /** The readings since the last call, oldest first. */
  take(): readonly TcpCounters[];
}

interface Instruments {
  readonly bursts: Bursts;
  readonly recorder: Recorder;
}

async function measurePath(address: string, port: number, instruments: Instruments): Promise<Measurement> {
  const made: MeasuredBurst[] = [];
  for (let count = 0; count < BURSTS_EACH; count += 1) {
    if (count > 0) await pause(APART_MS);
    const measured = await measureBurst(address, port, instruments);
    if (measured !== null) made.push(measured);
  }
  const controlPort = await closedPort(address);
  const control = controlPort === null ? null : await measureBurst(address, controlPort, instruments);
  return { address, port, bursts: made, control };
}

async function measureBurst(
  address: string,
  port: number,
  { bursts, recorder }: Instruments,
): Promise<MeasuredBurst | null> {
  recorder.take();
  const { burst } = await bursts.burst(address, port);
  const readings = recorder.take();
  const [before, after] = [readings[0], readings.at(-1)];
  return before === undefined || after === undefined ? null : { port, burst, before, after };
}

/** Notes every reading that is made. */
function recording(counters: Counters): Recorder {
  let readings: TcpCounters[] = [];
  const tcp = () => {
    const reading = counters.tcp();
    readings.push(reading);
    return reading;
  };
  return {
    counters: { ...counters, tcp },
    take: () => {
      const taken = readings;
      readings = [];
      return taken;
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}
