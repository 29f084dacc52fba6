import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { measureGateCost } from "./gate-cost.ts";
import { isInOwnNamespace, runInOwnNamespace } from "./own-namespace.ts";
import { drawPlans, type StartPlan } from "./plans.ts";
import { type RaceResult, runRaces } from "./race.ts";
import { type Random, seededRandom } from "./random.ts";
import { type BenchRun, meetsTarget, renderReport } from "./report.ts";

/** Starts that run side by side: more would wait for each other's processes on a machine of two cores. */
const LANES = 4;
/** Fewer say little about the worst. */
const DEFAULT_STARTS = 24;

const { values } = parseArgs({
  options: {
    starts: { type: "string", default: String(DEFAULT_STARTS) },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    json: { type: "string" },
    report: { type: "string" },
    note: { type: "string", default: "" },
  },
});
const starts = wholeNumber("--starts", values.starts);
const seed = wholeNumber("--seed", values.seed);

const code = isInOwnNamespace() ? null : await runInOwnNamespace();
process.exitCode = code ?? (await bench());

async function bench(): Promise<number> {
  const [loadBefore = Number.NaN] = loadavg();
  const random = seededRandom(seed);
  const plans = drawPlans(starts, random);
  say(`${starts} starts, ${LANES} at a time, seed ${seed}; first what the gate itself takes`);
  const cost = await measureGateCost();
  const results = await runAll(plans, random);
  const run = {
    command: commandLine(),
    seed,
    isAlone: isInOwnNamespace(),
    loadBefore,
    note: values.note,
    cost,
    results,
  };
  const report = renderReport(run);
  process.stdout.write(report);
  write(run, report);
  return meetsTarget(results) ? 0 : 1;
}

async function runAll(plans: readonly StartPlan[], random: Random): Promise<readonly RaceResult[]> {
  const results: RaceResult[] = [];
  for (let first = 0; first < plans.length; first += LANES) {
    const batch = await runRaces(plans.slice(first, first + LANES), random);
    results.push(...batch);
    for (const { plan, lagMs } of batch) say(JSON.stringify({ ...plan, ...lagMs }));
  }
  return results;
}

function commandLine(): string {
  const report = values.report === undefined ? "" : ` --report ${values.report}`;
  return `npm run bench -- --starts ${starts} --seed ${seed}${report}`;
}

function write(run: BenchRun, report: string): void {
  if (values.report !== undefined) writeFileSync(values.report, report);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(run, null, 2)}\n`);
}

function wholeNumber(flag: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${flag} takes a whole number, got ${text}`);
  return Number(text);
}

/** Progress goes to stderr, so that stdout is the report alone. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
