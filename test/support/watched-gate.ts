import { createServer } from "node:net";
import { onTestFinished } from "vitest";
import { type RunningGate, startGate } from "../../src/cli/compose.ts";
import type { TargetTransition, Transition } from "../../src/core/gate.ts";
import type { Look } from "../../src/core/observation.ts";
import type { TargetState } from "../../src/core/target-state.ts";
import { loaded } from "../../src/settings/load-for-tests.ts";
import type { Settings } from "../../src/settings/settings.ts";
import type { Flags } from "../../src/settings/sources.ts";

/** One look that a watched gate took. */
export interface TakenLook {
  readonly target: string;
  readonly look: Look;
}

/** A gate of the running test, with all that it did. */
export interface WatchedGate extends RunningGate {
  readonly looks: readonly TakenLook[];
  readonly transitions: readonly Transition[];
  target(name: string): TargetState;
  /** The codes that a target's verdict went through, in their order. */
  codes(name: string): string[];
  /** The phases that the gate entered. */
  phases(): string[];
}

/** Settings from flags alone, as a user would write them; preset `none`. */
export async function settingsFor(flags: Flags): Promise<Settings> {
  const { settings } = await loaded({ flags: { preset: "none", ...flags } });
  return settings;
}

/** Starts a real gate, without listeners, for the length of the test. */
export async function startWatchedGate(flags: Flags): Promise<WatchedGate> {
  const settings = await settingsFor(flags);
  const looks: TakenLook[] = [];
  const transitions: Transition[] = [];
  const gate = startGate(settings, {
    onLook: (target, look) => looks.push({ target, look }),
    onTransition: (transition) => transitions.push(transition),
  });
  let isStopped = false;
  const stop = async () => {
    if (isStopped) return;
    isStopped = true;
    await gate.stop();
  };
  onTestFinished(stop);
  return { ...gate, stop, ...recordOf(gate, looks, transitions) };
}

function recordOf(gate: RunningGate, looks: readonly TakenLook[], transitions: readonly Transition[]) {
  const ofTarget = (name: string) =>
    transitions.filter((one): one is TargetTransition => one.kind === "target" && one.target === name);
  return {
    looks,
    transitions,
    target: (name: string): TargetState => {
      const found = gate.state().targets.find(({ target }) => target.name === name);
      if (found === undefined) throw new Error(`no target is named ${name}`);
      return found;
    },
    codes: (name: string): string[] =>
      ofTarget(name)
        .map(({ to }) => to.code)
        .filter((code, index, all) => code !== all[index - 1]),
    phases: (): string[] => transitions.flatMap((one) => (one.kind === "gate" ? [one.to.phase] : [])),
  };
}

/** Ports below every ephemeral range in use (Linux starts at 32768), and above the services that machines run. */
const FIRST_LOW_PORT = 20_000;
const LOW_PORTS = 10_000;

/** A port outside the ephemeral range on which nothing listens: a gate connects to it although it is closed. */
export async function freeLowPort(): Promise<number> {
  for (;;) {
    const port = FIRST_LOW_PORT + Math.floor(Math.random() * LOW_PORTS);
    if (await canBind(port)) return port;
  }
}

function canBind(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "::", () => server.close(() => resolve(true)));
  });
}
