import { type CheckContext, crossCheck } from "./cross-checks.ts";
import type { Option, OptionKey } from "./option.ts";
import { OPTION_LIST, OPTIONS } from "./options.ts";
import { presetTexts } from "./presets.ts";
import type { Problem } from "./problem.ts";
import type { SettingSource, Settings } from "./settings.ts";
import { type Gathered, gatherSettings, type SettingSources } from "./sources.ts";

/** Where each option's value came from. */
export type SettingOrigins = Readonly<Record<OptionKey, SettingSource>>;

/** The effective settings, or everything that is wrong with them. */
export type LoadedSettings =
  | {
      readonly ok: true;
      readonly settings: Settings;
      readonly origins: SettingOrigins;
      /** For people, one sentence each. */
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** The kubelet mounts this file into each container (`terminationMessagePath`). */
const TERMINATION_LOG = "/dev/termination-log";

/** What decides the settings. */
export interface SettingInput extends SettingSources {
  /** Whether `/dev/termination-log` exists: then it is the default of `terminationLog`. */
  readonly terminationLogExists: boolean;
  /** Addresses on the interfaces here, in canonical text: a target on the gate's own port is told by them. */
  readonly ownAddresses: readonly string[];
}

/** Reads, completes and checks the settings: flag over environment over file over preset over default. Never throws. */
export async function loadSettings(input: SettingInput): Promise<LoadedSettings> {
  const gathered = await gatherSettings(input);
  const reader = createReader(gathered);
  const settings = readSettings(reader, input.terminationLogExists);
  const conflicts = gathered.isComplete ? crossCheck({ ...reader, settings, ownAddresses: input.ownAddresses }) : [];
  const problems = [...reader.problems, ...conflicts];
  if (problems.length > 0) return { ok: false, problems };
  const warnings = [...gathered.warnings, ...idleHost(reader), ...foreignPodIps(reader, settings, input.ownAddresses)];
  return { ok: true, settings, origins: reader.origins(), warnings };
}

interface Reader extends Pick<CheckContext, "where" | "areSound"> {
  /** Those of the sources, then those of what was read. */
  readonly problems: readonly Problem[];
  /** The option's value; where there is a problem, which is noted, the good items of a list, else the default. */
  read<T>(option: Option<T>): T;
  /** Puts these texts under what the sources give. */
  addPreset(name: string, texts: ReadonlyMap<OptionKey, readonly string[]>): void;
  origins(): SettingOrigins;
}

function createReader(gathered: Gathered): Reader {
  const settings = new Map(gathered.settings);
  const problems = [...gathered.problems];

  function read<T>(option: Option<T>): T {
    const raw = settings.get(option.key);
    if (raw === undefined) return defaultOf(option);
    const reading = option.read(raw.texts);
    if (reading.ok) return reading.value;
    for (const { raw: given, expected } of reading.faults) {
      problems.push({ setting: option.key, source: given.where, got: given.text, expected });
    }
    return reading.rest === undefined ? defaultOf(option) : reading.rest;
  }

  function addPreset(name: string, texts: ReadonlyMap<OptionKey, readonly string[]>): void {
    const where = `preset ${name}`;
    for (const [key, values] of texts) {
      if (settings.has(key)) continue;
      settings.set(key, { origin: "preset", where, texts: values.map((text) => ({ text, where })) });
    }
  }

  return {
    problems,
    read,
    addPreset,
    where: (key) => settings.get(key)?.where ?? "default",
    areSound: (...keys) => !problems.some((problem) => keys.some((key) => key === problem.setting)),
    origins: () => recordOf((key) => settings.get(key)?.origin ?? "default"),
  };
}

function defaultOf<T>(option: Option<T>): T {
  if ("value" in option.fallback) return option.fallback.value;
  const reading = option.read([{ text: option.fallback.text, where: "default" }]);
  if (!reading.ok) throw new Error(`The default of ${option.key} is not one of its values`);
  return reading.value;
}

function recordOf<T>(itemOf: (key: OptionKey) => T): Record<OptionKey, T> {
  return Object.fromEntries(OPTION_LIST.map(({ key }) => [key, itemOf(key)])) as Record<OptionKey, T>;
}

function readSettings({ read, addPreset, where }: Reader, terminationLogExists: boolean): Settings {
  const preset = read(OPTIONS.preset);
  addPreset(preset, presetTexts(preset, read(OPTIONS.host)));
  const hasOwnLog = where("terminationLog") !== "default";
  const terminationLog = read(OPTIONS.terminationLog);
  return {
    preset,
    targets: read(OPTIONS.targets),
    policy: {
      openOn: read(OPTIONS.openOn),
      afterReady: read(OPTIONS.afterReady),
      failureThreshold: read(OPTIONS.failureThreshold),
      successThreshold: read(OPTIONS.successThreshold),
      startupBudgetMs: read(OPTIONS.startupBudget),
      intervalMs: read(OPTIONS.interval),
      probeTimeoutMs: read(OPTIONS.probeTimeout),
    },
    backoffMinMs: read(OPTIONS.backoffMin),
    backoffMaxMs: read(OPTIONS.backoffMax),
    models: read(OPTIONS.models),
    drainMs: read(OPTIONS.drain),
    listen: read(OPTIONS.listen),
    grpcListen: read(OPTIONS.grpcListen),
    adminListen: read(OPTIONS.adminListen),
    journal: read(OPTIONS.journal),
    terminationLog: hasOwnLog || !terminationLogExists ? terminationLog : TERMINATION_LOG,
    podIps: read(OPTIONS.podIps),
    logLevel: read(OPTIONS.logLevel),
  };
}

function idleHost({ where, origins }: Reader): readonly string[] {
  const { host, targets } = origins();
  if (host === "default" || targets === "preset") return [];
  return [
    `The host (${where("host")}) is for the preset's targets and is ignored, since targets are given (${where("targets")})`,
  ];
}

/** The pod's addresses are tried only where they are this pod's: a mistyped one would be left out without a word. */
function foreignPodIps({ where }: Reader, { podIps }: Settings, ownAddresses: readonly string[]): readonly string[] {
  const foreign = ownAddresses.length === 0 ? [] : (podIps ?? []).filter((address) => !ownAddresses.includes(address));
  if (foreign.length === 0) return [];
  return [
    `${foreign.join(" and ")} of podIps (${where("podIps")}) ${foreign.length === 1 ? "is" : "are"} on no interface here and not tried`,
  ];
}
