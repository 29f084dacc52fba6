import { type ConfigFile, type ReadConfigFile, readConfigFile } from "./config-file.ts";
import { type Environment, readEnvironment, unknownVariables } from "./environment.ts";
import type { OptionKey, RawSetting } from "./option.ts";
import { OPTION_LIST } from "./options.ts";
import type { Problem } from "./problem.ts";

/** Texts of the flags that were given, by option: several for a flag that was repeated. */
export type Flags = Readonly<Partial<Record<OptionKey, string | readonly string[] | undefined>>>;

/** What the caller has read: settings do no input and output of their own. */
export interface SettingSources {
  readonly flags: Flags;
  readonly environment: Environment;
  /** null: no file is named. */
  readonly file: ConfigFile | null;
}

/** For each option that some source sets, what the strongest of them gives; weaker ones are not looked at. */
export interface Gathered {
  /** Whether every source could be read: if not, settings lack some that the user meant to set. */
  readonly isComplete: boolean;
  readonly settings: ReadonlyMap<OptionKey, RawSetting>;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

const NO_FILE: ReadConfigFile = { isReadable: true, settings: new Map(), problems: [] };

/** A flag beats a variable, which beats the file. What is wrong with the form of the file is a problem in any case. */
export async function gatherSettings({ flags, environment, file }: SettingSources): Promise<Gathered> {
  const fromFile = file === null ? NO_FILE : await readConfigFile(file);
  const settings = new Map([...fromFile.settings, ...readEnvironment(environment), ...readFlags(flags)]);
  return {
    isComplete: fromFile.isReadable,
    settings,
    problems: fromFile.problems,
    warnings: unknownVariables(environment),
  };
}

function readFlags(flags: Flags): ReadonlyMap<OptionKey, RawSetting> {
  const settings = new Map<OptionKey, RawSetting>();
  for (const { key, flag, separator, isRepeatable } of OPTION_LIST) {
    const given = [flags[key] ?? []].flat();
    if (given.length === 0) continue;
    const where = `flag ${flag}`;
    const isSeparated = separator !== null && !isRepeatable;
    const texts = isSeparated ? given.flatMap((text) => text.split(separator).filter((word) => word !== "")) : given;
    settings.set(key, { origin: "flag", where, texts: texts.map((text) => ({ text, where })) });
  }
  return settings;
}
