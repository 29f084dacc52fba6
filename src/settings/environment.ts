import type { OptionKey, RawSetting } from "./option.ts";
import { OPTION_LIST } from "./options.ts";
import { closestWord } from "./suggestion.ts";

/** Variables of a process; those that are not set may be missing or undefined. */
export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = "GATE_";
const MOST_NAMES = 8;

/**
 * The forms in which the kubelet tells every container of each Service (`gate`, or `gate-…`) of its namespace:
 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
const SERVICE_LINK =
  /^GATE_(?:[A-Z0-9_]*_)?(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/;

/** The options that variables set; an empty one counts as unset, except where empty means off. */
export function readEnvironment(environment: Environment): ReadonlyMap<OptionKey, RawSetting> {
  const settings = new Map<OptionKey, RawSetting>();
  for (const { key, variable, separator, isEmptyMeant } of OPTION_LIST) {
    const value = environment[variable];
    if (value === undefined || (value.trim() === "" && !isEmptyMeant)) continue;
    const where = `environment ${variable}`;
    const texts = separator === null ? [value.trim() === "" ? "" : value] : value.split(separator).filter(Boolean);
    settings.set(key, { origin: "environment", where, texts: texts.map((text) => ({ text, where })) });
  }
  return settings;
}

/** Warnings about variables that look like the gate's and are none of its options. */
export function unknownVariables(environment: Environment): string[] {
  const known = OPTION_LIST.map((option) => option.variable);
  const unknown = Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && environment[name] !== undefined && !known.some((own) => own === name))
    .sort((a, b) => (a < b ? -1 : 1));
  const links = unknown.filter((name) => SERVICE_LINK.test(name));
  const warnings = unknown.filter((name) => !links.includes(name)).map((name) => unknownVariable(name, known));
  return links.length === 0 ? warnings : [...warnings, serviceLinks(links)];
}

function unknownVariable(name: string, known: readonly string[]): string {
  const meant = closestWord(
    name.slice(PREFIX.length),
    known.map((own) => own.slice(PREFIX.length)),
  );
  return `${name} is no setting of the gate and is ignored${meant === null ? "" : `; did you mean ${PREFIX}${meant}?`}`;
}

function serviceLinks(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).join(", ");
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "";
  return `${shown}${more}: ignored, these look like the variables that Kubernetes makes for a Service whose name begins with gate (enableServiceLinks: false keeps them out)`;
}
