import { type LoadedSettings, loadSettings, type SettingInput } from "./load.ts";
import { formatProblems } from "./problem.ts";

/** What a test gives; the file, by its text alone, is called `gate.yaml`. */
export interface Given extends Omit<Partial<SettingInput>, "file"> {
  readonly file?: string;
}

/** Loads settings from nothing but what is given. */
export function load({ file, ...given }: Given): Promise<LoadedSettings> {
  const named = file === undefined ? null : { name: "gate.yaml", text: file };
  return loadSettings({
    flags: {},
    environment: {},
    terminationLogExists: false,
    ownAddresses: [],
    ...given,
    file: named,
  });
}

/** Loads settings that must be good. */
export async function loaded(given: Given): Promise<Extract<LoadedSettings, { ok: true }>> {
  const result = await load(given);
  if (!result.ok) throw new Error(formatProblems(result.problems));
  return result;
}

/** The lines of the message, without its heading; none for good settings. */
export async function complaints(given: Given): Promise<readonly string[]> {
  const result = await load(given);
  if (result.ok) return [];
  return formatProblems(result.problems)
    .split("\n")
    .slice(1)
    .map((line) => line.trim());
}
