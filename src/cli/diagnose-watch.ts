import type { Snapshot } from "../core/snapshot.ts";
import { reportLines } from "../report/report.ts";
import { systemClock as clock } from "../watch/system-clock.ts";
import type { Context } from "./context.ts";
import { type GoodSettings, placeOf } from "./diagnose-now.ts";
import { exitCodeOf } from "./exit-codes.ts";
import { type OwnLook, startOwnLook } from "./own-look.ts";
import { reportStyleOf } from "./report-style.ts";
import { askRunningSnapshot } from "./running-snapshot.ts";

/** How a diagnosis is kept on the screen. */
export interface WatchOptions {
  /** One line of JSON for each change. */
  readonly isJson: boolean;
  readonly context: Context;
}

const EVERY_MS = 1000;

/**
 * Shows what is so now, again and again, until SIGINT or SIGTERM: on a terminal the screen is drawn anew each second and
 * at each change, elsewhere a report is printed for each change. A running gate is followed without looks of our own,
 * which its server and its findings would notice; where none answers, or no longer, we look ourselves.
 *
 * @returns the exit code, by the last snapshot
 */
export async function watchDiagnosis(loaded: GoodSettings, options: WatchOptions): Promise<number> {
  const show = showOf(options);
  const bell = newWatchBell();
  const source = newSource(loaded, bell.ring);
  let last: Snapshot | null = null;
  while (!bell.isEnded()) {
    const seen = await source.look();
    last = seen?.snapshot ?? last;
    if (seen !== null && !bell.isEnded()) show.draw(seen);
    await bell.wait(EVERY_MS);
  }
  await source.stop();
  show.end();
  return last === null ? exitCodeOf(false, "unknown") : exitCodeOf(last.ready, last.verdict.class);
}

/** A snapshot and whose it is. */
interface Seen {
  readonly snapshot: Snapshot;
  readonly origin: string;
}

interface Source {
  /** What is so now; null while that is not yet known. */
  look(): Promise<Seen | null>;
  stop(): Promise<void>;
}

/** The gate that runs here while one answers, else looks of our own. */
function newSource({ settings, warnings }: GoodSettings, onChange: () => void): Source {
  const { adminListen } = settings;
  const followed = `From the gate that runs here${adminListen === null ? "" : ` at ${placeOf(adminListen)}`}.`;
  let own: OwnLook | null = null;
  let isDecided = false;
  const stop = async () => {
    await own?.stop();
    own = null;
  };
  const start = (): OwnLook => {
    const started = startOwnLook(settings, warnings);
    started.gate.subscribe(onChange);
    isDecided = false;
    void started.decided.then(() => {
      isDecided = true;
      onChange();
    });
    return started;
  };
  return {
    stop,
    look: async () => {
      const running = await askRunningSnapshot(adminListen);
      if (running !== null) {
        await stop();
        return { snapshot: running, origin: followed };
      }
      own ??= start();
      return isDecided ? { snapshot: own.snapshot(), origin: ALONE } : null;
    },
  };
}

const ALONE = "No running gate answers: from looks of our own, since this command was started.";

/** Waits for the time to pass, for a change, or for the end. */
function newWatchBell() {
  let isEnded = false;
  let wake = () => {};
  const end = () => {
    isEnded = true;
    wake();
  };
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  return {
    isEnded: () => isEnded,
    ring: () => wake(),
    wait: (ms: number) =>
      new Promise<void>((resolve) => {
        if (isEnded) return resolve();
        const cancel = clock.after(ms, resolve);
        wake = () => {
          cancel();
          resolve();
        };
      }),
  };
}

interface Show {
  draw(seen: Seen): void;
  end(): void;
}

function showOf(options: WatchOptions): Show {
  if (options.isJson) return onChange(({ snapshot }) => `${JSON.stringify(snapshot)}\n`);
  if (process.stdout.isTTY) return showScreen(options);
  return onChange((seen) => `${linesOf(seen, options).join("\n")}\n\n`);
}

const ALTERNATE_SCREEN = "\u001b[?1049h\u001b[?25l";
const NORMAL_SCREEN = "\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const CLEAR_LINE = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";

/** Draws over what was there, without a flicker; the last report stays once it is over. */
function showScreen(options: WatchOptions): Show {
  let lines: readonly string[] = [];
  process.stdout.write(ALTERNATE_SCREEN);
  return {
    draw: (seen) => {
      lines = linesOf(seen, options);
      const shown = fitting(lines, process.stdout.rows || lines.length + 1);
      process.stdout.write(`${HOME}${shown.map((line) => `${line}${CLEAR_LINE}\n`).join("")}${CLEAR_BELOW}`);
    },
    end: () => void process.stdout.write(`${NORMAL_SCREEN}${lines.map((line) => `${line}\n`).join("")}`),
  };
}

/** As many lines as the window holds, the last one left free for the cursor. */
function fitting(lines: readonly string[], rows: number): readonly string[] {
  if (lines.length < rows) return lines;
  return [...lines.slice(0, Math.max(0, rows - 2)), "(the window is too low for the rest)"];
}

function onChange(textOf: (seen: Seen) => string): Show {
  let shown = "";
  return {
    draw: (seen) => {
      const key = keyOf(seen.snapshot);
      if (key !== shown) process.stdout.write(textOf(seen));
      shown = key;
    },
    end: () => {},
  };
}

function linesOf({ snapshot, origin }: Seen, { context }: WatchOptions): readonly string[] {
  const extras = { origin: [origin], notes: [] };
  return reportLines(snapshot, extras, reportStyleOf(process.stdout, context.environment));
}

/** What makes a snapshot another one: verdicts, readiness and findings, and neither times nor counts. */
function keyOf({ ready, phase, targets, findings }: Snapshot): string {
  const verdicts = targets.map((target) => [target.name, target.ready, target.verdict.code, target.suspected?.code]);
  return JSON.stringify([ready, phase, verdicts, findings.map(({ code, target }) => [code, target])]);
}
