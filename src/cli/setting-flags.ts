import { readFile } from "node:fs/promises";
import { type Command, Option as Flag } from "commander";
import { interfaceAddresses } from "../kernel/local-addresses.ts";
import { type LoadedSettings, loadSettings } from "../settings/load.ts";
import { type Option, shownDefault } from "../settings/option.ts";
import { OPTION_LIST } from "../settings/options.ts";
import { formatProblems } from "../settings/problem.ts";
import type { Flags } from "../settings/sources.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./usage-error.ts";

/** Adds a flag for every setting, and `--config`. */
export function addSettingFlags(command: Command): Command {
  command.option("--config <file>", "YAML file with settings, by their names in camel case");
  for (const option of OPTION_LIST) command.addOption(flagOf(option));
  return command;
}

function flagOf(option: Option<unknown>): Flag {
  const text = `${option.description} [${option.variable}] (default: ${shownDefault(option)})`;
  const flag = new Flag(`${option.flag} ${option.placeholder}`, text);
  if (!option.isRepeatable) return flag;
  return flag.argParser((word: string, words: readonly string[] | undefined) => [...(words ?? []), word]);
}

/**
 * Loads the settings from a command's flags, the environment and the file that `--config` names.
 *
 * @throws {UsageError} naming every bad setting
 */
export async function settingsOf(
  flags: Readonly<Record<string, unknown>>,
  { environment, terminationLogExists }: Context,
): Promise<Extract<LoadedSettings, { ok: true }>> {
  const file = typeof flags["config"] === "string" ? await readConfig(flags["config"]) : null;
  const loaded = await loadSettings({
    flags: settingTexts(flags),
    environment,
    file,
    terminationLogExists,
    ownAddresses: interfaceAddresses(),
  });
  if (!loaded.ok) throw new UsageError(formatProblems(loaded.problems));
  return loaded;
}

function settingTexts(flags: Readonly<Record<string, unknown>>): Flags {
  const given = OPTION_LIST.map((option) => [option.key, flags[flagOf(option).attributeName()]]);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined)) as Flags;
}

async function readConfig(name: string): Promise<{ name: string; text: string }> {
  try {
    return { name, text: await readFile(name, "utf8") };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`the settings file of --config cannot be read: ${reason}`);
  }
}
