import { cpus, release } from "node:os";
import { median, quantile } from "./figures.ts";
import type { GateCost } from "./gate-cost.ts";
import { isLong, SHAPES } from "./plans.ts";
import { CONTENDERS, type Contender, LAG_LIMIT_MS, type RaceResult } from "./race.ts";

/** Everything that one run measured. */
export interface BenchRun {
  /** The command that repeats the run. */
  readonly command: string;
  readonly seed: number;
  /** Whether the run had a network namespace of its own. */
  readonly isAlone: boolean;
  /** Processes that wanted a core before the run, on average over a minute. */
  readonly loadBefore: number;
  /** What else there is to say of the run, or nothing. */
  readonly note: string;
  readonly cost: GateCost;
  readonly results: readonly RaceResult[];
}

/** What the gate's lag must be at most. */
const TARGET = { medianMs: 60, worstMs: 250 } as const;

const NAMES: Readonly<Record<Contender, string>> = {
  gate: "readiness-gate, `/readyz` asked every 5 ms",
  kubelet: "prober with a period of 1 s (the kubelet's fastest)",
  agent: "the Seldon agent's back-off over one default gRPC channel",
  channel: "grpc-js, default channel, asked every 100 ms",
};

/** The report, as Markdown. */
export function renderReport(run: BenchRun): string {
  const { command, cost, results } = run;
  const longCount = results.filter(({ plan }) => isLong(plan)).length;
  return `<!-- Made by: ${command} -->

# How late is "ready"?

    ${command}

The time from the server's readiness until each knows of it, in milliseconds, over the same ${results.length} starts; ${longCount} of
them took over 30 s.

${table(results)}

${explanation(results)}

${costLine(cost)}

${checkLine(results)}

${machineLine(run)}
`;
}

/** Whether the gate was as fast as it must be. */
export function meetsTarget(results: readonly RaceResult[]): boolean {
  const lags = lagsOf(results, "gate");
  return median(lags) <= TARGET.medianMs && Math.max(...lags) <= TARGET.worstMs;
}

function table(results: readonly RaceResult[]): string {
  const gateMedian = median(lagsOf(results, "gate"));
  const long = results.filter(({ plan }) => isLong(plan));
  const rows = CONTENDERS.map((contender) => {
    const lags = lagsOf(results, contender);
    const figures = [
      median(lags),
      quantile(lags, 0.9),
      Math.max(...lags),
      median(lagsOf(long, contender)),
      Math.max(...lagsOf(long, contender)),
    ];
    return `| ${NAMES[contender]} | ${figures.map(inMs).join(" | ")} | ${(median(lags) / gateMedian).toFixed(1)} |`;
  });
  const head = "| who | median | 90 % | worst | median over 30 s | worst over 30 s | median, times the gate's |";
  return [head, "| --- | --: | --: | --: | --: | --: | --: |", ...rows].join("\n");
}

function explanation(results: readonly RaceResult[]): string {
  const byShape = SHAPES.map((shape) => {
    const lags = lagsOf(
      results.filter(({ plan }) => plan.shape === shape),
      "gate",
    );
    return `${shape} ${inMs(median(lags))} / ${inMs(Math.max(...lags))}`;
  });
  return `Each start is a server process of its own, with random times until it binds, answers and is ready, in equal parts: ready as it
binds (at-once), silent between the two, "not ready" between the two, or all phases. All who watch do so side by side.
Both gRPC rows ask \`ServerReady\`. A lag of ${LAG_LIMIT_MS} means: had not noticed by then. The clock's step is 1 ms. The gate's
lags include the poll that sees them, and the server's second port. Its median / worst by kind of start: ${byShape.join(", ")}.`;
}

function costLine({ waitingMillicores, openMillicores, openMebibytes }: GateCost): string {
  return `The gate's own cost, with two targets: ${waitingMillicores.toFixed(1)} thousandths of a core while nothing listens,
${openMillicores.toFixed(1)} once it is open; ${openMebibytes.toFixed(0)} MiB of resident memory once it is open.`;
}

function checkLine(results: readonly RaceResult[]): string {
  const lags = lagsOf(results, "gate");
  const verdict = meetsTarget(results) ? "met" : "MISSED";
  return `Target ${verdict}: median ${inMs(median(lags))} ms (at most ${TARGET.medianMs}), worst ${inMs(Math.max(...lags))} ms (at most ${TARGET.worstMs}).`;
}

function machineLine({ isAlone, loadBefore, note }: BenchRun): string {
  const cores = cpus();
  const where = isAlone ? "in a network namespace of its own" : "in the machine's network namespace";
  return `Measured ${new Date().toISOString().slice(0, 10)} with Node.js ${process.version} on ${cores.length} cores (${cores[0]?.model.trim() ?? "unknown"}), Linux ${release()}, ${where};
load average before it ${loadBefore.toFixed(1)}${note && `; ${note}`}.`;
}

function lagsOf(results: readonly RaceResult[], contender: Contender): readonly number[] {
  return results.map(({ lagMs }) => lagMs[contender]);
}

function inMs(value: number): string {
  return Number.isFinite(value) ? value.toFixed(1) : "–";
}
