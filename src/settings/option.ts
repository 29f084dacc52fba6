import type { SettingSource } from "./settings.ts";
import type { ValueType } from "./value-types.ts";

/** One text given for an option, and where: `flag --listen`, `environment GATE_LISTEN`, `gate.yaml:3:9 listen`. */
export interface RawText {
  readonly text: string;
  readonly where: string;
}

/** What one source gives for an option. */
export interface RawSetting {
  readonly origin: SettingSource;
  readonly where: string;
  readonly texts: readonly RawText[];
}

/** A value, or for each text at fault what was expected. */
type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly faults: readonly Fault[];
      /** Of a list, the values that were good. */
      readonly rest?: T;
    };

interface Fault {
  readonly raw: RawText;
  readonly expected: string;
}

/** The options by their keys in the file. */
export type OptionKey =
  | "preset"
  | "host"
  | "targets"
  | "openOn"
  | "afterReady"
  | "probeTimeout"
  | "backoffMin"
  | "backoffMax"
  | "interval"
  | "failureThreshold"
  | "successThreshold"
  | "models"
  | "startupBudget"
  | "drain"
  | "listen"
  | "grpcListen"
  | "adminListen"
  | "journal"
  | "terminationLog"
  | "podIps"
  | "logLevel";

/** How an option is called and explained. */
interface Declaration {
  readonly key: OptionKey;
  readonly variable: `GATE_${string}`;
  readonly flag: `--${string}`;
  /** What stands for the value in help: `<duration>`. */
  readonly placeholder: string;
  /** One line, for help and documentation. */
  readonly description: string;
  /** The default in words, where a text alone does not say it. */
  readonly defaultNote?: string;
}

/** One option: declared once, for flags, environment, file, help and documentation. */
export interface Option<T> extends Declaration {
  /** Text that is read when no source names a value, or the value itself. */
  readonly fallback: { readonly text: string } | { readonly value: T };
  /** How the environment and the file separate several values in one text; null: the option takes one value. */
  readonly separator: RegExp | null;
  /** Whether the flag may be repeated, each time with one value, never separated. */
  readonly isRepeatable: boolean;
  /** Whether an empty variable (a key without a value, in the file) is a value of its own; else it counts as unset. */
  readonly isEmptyMeant: boolean;
  /** What it takes: a phrase that goes after "expected". */
  readonly expected: string;
  read(raw: readonly RawText[]): Reading<T>;
}

/** The default as help and documentation show it. */
export function shownDefault({ defaultNote, fallback }: Option<unknown>): string {
  return defaultNote ?? ("text" in fallback ? fallback.text : "");
}

/** An option that takes one value and always has one. */
export function one<T>(type: ValueType<T>, declaration: Declaration & { readonly default: string }): Option<T> {
  const { default: text, ...rest } = declaration;
  return { ...rest, ...single(type), fallback: { text } };
}

/** An option for the address of a listener, for which an empty variable is no unset one. */
export function listener<T>(type: ValueType<T>, declaration: Declaration & { readonly default: string }): Option<T> {
  return { ...one(type, declaration), isEmptyMeant: true };
}

/** An option that takes one value and may have none. */
export function oneOrNone<T>(type: ValueType<T | null>, declaration: Declaration): Option<T | null> {
  return { ...declaration, ...single(type), fallback: { value: null } };
}

/** An option that takes several values; `absent` stands when no source names any. */
export function many<T, A extends readonly [] | null>(
  type: ValueType<T>,
  declaration: Declaration & { readonly separator: RegExp; readonly isRepeatable: boolean; readonly absent: A },
): Option<readonly T[] | A> {
  const { absent, ...rest } = declaration;
  return { ...rest, fallback: { value: absent }, isEmptyMeant: false, expected: type.expected, read: readAll(type) };
}

function single<T>(
  type: ValueType<T>,
): Pick<Option<T>, "separator" | "isRepeatable" | "isEmptyMeant" | "expected" | "read"> {
  return { separator: null, isRepeatable: false, isEmptyMeant: false, expected: type.expected, read: readOne(type) };
}

function readOne<T>(type: ValueType<T>): Option<T>["read"] {
  return (raws) => {
    const raw = raws.at(-1) ?? { text: "", where: "" };
    const result = type.read(raw.text);
    return result.ok ? result : { ok: false, faults: result.expected.map((expected) => ({ raw, expected })) };
  };
}

function readAll<T>(type: ValueType<T>): Option<readonly T[]>["read"] {
  return (raws) => {
    const values: T[] = [];
    const faults: Fault[] = [];
    for (const raw of raws) {
      const result = type.read(raw.text);
      if (result.ok) values.push(result.value);
      else faults.push(...result.expected.map((expected) => ({ raw, expected })));
    }
    return faults.length > 0 ? { ok: false, faults, rest: values } : { ok: true, value: values };
  };
}
