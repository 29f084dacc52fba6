import { expect } from "vitest";
import type { Look } from "../../src/core/observation.ts";
import type { SnapshotTarget } from "../../src/core/snapshot.ts";
import type { VerdictCode } from "../../src/core/verdict-table.ts";
import { counted } from "./counted.ts";
import { linesOf, type PlayedStage, wrongLines } from "./journal.ts";
import type { Lab } from "./lab.ts";
import { type Scenario, STEADY_LOOKS, type Stage, WITHIN_MS } from "./scenario.ts";

/** What was seen of one stage. */
export interface Sighting {
  readonly verdict: VerdictCode;
  /** From the situation to the verdict, in milliseconds. */
  readonly ms: number;
  /** What that must be within. */
  readonly withinMs: number;
  /** Key figures of the look that moved the verdict; empty where none did. */
  readonly counted: readonly string[];
  readonly evidence: readonly string[];
}

const POLL_MS = 50;
/** A verdict that comes too late is still waited for, so that the failure says by how much. */
const PATIENCE_MS = 8_000;
/** Looks wait for time-outs of a second each. */
const LOOKS_WITHIN_MS = 30_000;

/** Plays the stages of a scenario and returns what was seen; throws what a test shows when a verdict was wrong. */
export async function runScenario(scenario: Scenario, lab: Lab): Promise<readonly Sighting[]> {
  const played: PlayedStage[] = [];
  for (const stage of scenario.stages) {
    const beganAtMs = Date.now();
    for (const act of stage.acts) await act(lab);
    const situationMs = played.length === 0 ? (await lab.startGate(scenario)).startedAtMs : Date.now();
    await reaches(lab, scenario, { stage, beganAtMs });
    played.push({ beganAtMs, situationMs, verdict: stage.verdict });
  }
  return await judge(scenario, lab, played);
}

/** Waits until the verdict is there, and has outlasted some looks. */
async function reaches(lab: Lab, { target = "http", readsLog = false }: Scenario, playing: Playing): Promise<void> {
  const isReached = readsLog ? isLogged(lab, target, playing) : isReachedSince(lab, target, playing);
  if ((await until(PATIENCE_MS, isReached)) === null) {
    throw new Error(`${target} did not become ${playing.stage.verdict}: ${await story(lab, target)}`);
  }
  if (!readsLog) await outlasts(lab, target, playing.stage);
}

/** Judges the whole journal once all has been played. */
async function judge(scenario: Scenario, lab: Lab, played: readonly PlayedStage[]): Promise<readonly Sighting[]> {
  const journal = await lab.gate().journal();
  expect(wrongLines(scenario, played, journal), "verdicts that must never appear on the way").toEqual([]);
  const lines = linesOf(journal, scenario.target ?? "http");
  const sightings = played.map(({ verdict, beganAtMs, situationMs }, index): Sighting => {
    const line = lines.find(({ at, to }) => Date.parse(at) >= beganAtMs && to.code === verdict);
    return {
      verdict,
      ms: line === undefined ? 0 : Math.max(0, Math.round(Date.parse(line.at) - situationMs)),
      withinMs: scenario.stages[index]?.withinMs ?? WITHIN_MS,
      counted: line === undefined ? [] : figuresOf(line.look),
      evidence: line?.verdict.evidence ?? [],
    };
  });
  for (const { verdict, ms, withinMs } of sightings) expect(ms, `time to ${verdict}`).toBeLessThanOrEqual(withinMs);
  return sightings;
}

/** The figures of the paths that the target's host stands for; what a lookup says depends on the machine. */
function figuresOf({ resolution, paths }: Look): readonly string[] {
  if (!resolution.isResolved) return ["the lookup fails"];
  const targets = paths.filter(({ role }) => role === "target");
  if (targets.length === 1) return targets.flatMap(counted);
  return targets.map((path) => `${path.address}: ${counted(path).join(", ")}`);
}

interface Playing {
  readonly stage: Stage;
  readonly beganAtMs: number;
}

/** Whether the journal tells the verdict since the stage began, or it was that before and nothing has changed. */
function isReachedSince(lab: Lab, target: string, { stage, beganAtMs }: Playing): () => Promise<true | null> {
  return async () => {
    const lines = linesOf(await lab.gate().journal(), target);
    const since = lines.filter(({ at }) => Date.parse(at) >= beganAtMs);
    if (since.length > 0) return since.some(({ to }) => to.code === stage.verdict) ? true : null;
    // Before the first look the verdict is UNKNOWN as well.
    const isUnchanged = (lines.at(-1)?.to.code ?? "UNKNOWN") === stage.verdict;
    return isUnchanged && (await lab.gate().target(target)).attempts > 0 ? true : null;
  };
}

/** The same from the log, where nothing can be asked of the gate. */
function isLogged(lab: Lab, target: string, { stage, beganAtMs }: Playing): () => Promise<true | null> {
  return async () => {
    const since = lab
      .gate()
      .logged()
      .filter(({ time }) => Date.parse(time) >= beganAtMs);
    return since.some((line) => line.target === target && line.verdict === stage.verdict) ? true : null;
  };
}

/** Waits for some looks that say the same, and then for some that may say anything. */
async function outlasts(lab: Lab, target: string, stage: Stage): Promise<void> {
  const { verdict, steadyLooks = STEADY_LOOKS, watchedLooks = 0 } = stage;
  const { code } = await afterLooks(lab, target, steadyLooks);
  if (steadyLooks > 0 && code !== verdict) {
    throw new Error(`${target} did not stay ${verdict}: ${await story(lab, target)}`);
  }
  await afterLooks(lab, target, watchedLooks);
}

/** The verdict once a target has been looked at so many more times. */
async function afterLooks(lab: Lab, target: string, looks: number): Promise<SnapshotTarget["verdict"]> {
  const { attempts } = await lab.gate().target(target);
  const later = await until(LOOKS_WITHIN_MS, async () => {
    const now = await lab.gate().target(target);
    return now.attempts >= attempts + looks ? now.verdict : null;
  });
  if (later === null) throw new Error(`${target} was not looked at ${looks} times more: ${await story(lab, target)}`);
  return later;
}

/** Asks until there is an answer other than null, or the time is up. */
async function until<T>(withinMs: number, ask: () => Promise<T | null>): Promise<T | null> {
  const deadlineMs = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null || Date.now() > deadlineMs) return answer;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** What a target went through, for a failure's message. */
async function story(lab: Lab, name: string): Promise<string> {
  const lines = linesOf(await lab.gate().journal(), name);
  const codes = lines.map(({ sinceStartMs, to }) => `${to.code} at ${sinceStartMs} ms`);
  return `${codes.join(", ") || "no transition"}\n${describeTarget(await lab.gate().target(name))}`;
}

function describeTarget({ verdict, attempts, paths, suspected }: SnapshotTarget): string {
  const facts = verdict.evidence.map((line) => `  ${line}`).join("\n");
  return `${verdict.code} after ${attempts} looks: ${verdict.summary}\n${facts}\n${JSON.stringify({ paths, suspected })}`;
}
