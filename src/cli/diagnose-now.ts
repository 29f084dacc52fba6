import { release } from "node:os";
import { hostPort } from "../core/evidence.ts";
import { failingPaths } from "../core/failing-path.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { Target } from "../core/target.ts";
import type { LoadedSettings } from "../settings/load.ts";
import type { ListenAddress, Settings } from "../settings/settings.ts";
import { parseTarget } from "../settings/target-url.ts";
import { besideGate } from "./beside-gate.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { measure } from "./measure.ts";
import { startOwnLook } from "./own-look.ts";
import { askRunningSnapshot } from "./running-snapshot.ts";

/** Settings that are good. */
export type GoodSettings = Extract<LoadedSettings, { ok: true }>;

/** Looks for as long as it takes to decide, beside the gate that runs here if one does. */
export async function diagnoseNow(loaded: GoodSettings): Promise<Diagnosis> {
  const { adminListen } = loaded.settings;
  const before = await askRunningSnapshot(adminListen);
  const own = startOwnLook(settingsBeside(before, loaded), loaded.warnings);
  await own.decided;
  const running = before && ((await askRunningSnapshot(adminListen)) ?? before);
  const fresh = own.snapshot();
  const failing = failingPaths(own.gate.state());
  await own.stop();
  const found = { failing, kernel: release(), measure: () => measure(failing) };
  if (running === null) return { ...found, snapshot: fresh, notes: [], origin: [originAlone(adminListen)] };
  return { ...found, ...besideGate(running, fresh), origin: [originBeside(adminListen)] };
}

function originAlone(adminListen: ListenAddress | null): string {
  const asked = adminListen === null ? "" : ` at ${placeOf(adminListen)}`;
  return `From a look of a few seconds: no running gate answers${asked}, so what was before is not known.`;
}

function originBeside(adminListen: ListenAddress | null): string {
  const at = adminListen === null ? "" : ` at ${placeOf(adminListen)}`;
  return `From the gate that runs here${at}; the addresses are from a look just now.`;
}

export function placeOf({ host, port }: ListenAddress): string {
  return hostPort(host ?? "0.0.0.0", port);
}

const MOST_TARGETS = 64;

/**
 * Unless targets were chosen for this command, those of the running gate: `kubectl debug` and `exec` start a command
 * without the settings of the gate's own container.
 */
export function settingsBeside(running: Snapshot | null, { settings, origins }: GoodSettings): Settings {
  const isChosen = origins.targets !== "preset" || origins.preset !== "default" || origins.host !== "default";
  if (running === null || isChosen || running.targets.length > MOST_TARGETS) return settings;
  const targets = running.targets.map(({ name, url }) => parseTarget(name, url));
  const parsed = targets.flatMap((one): readonly Target[] => (one.ok ? [one.target] : []));
  return parsed.length === 0 || parsed.length < targets.length ? settings : { ...settings, targets: parsed };
}
