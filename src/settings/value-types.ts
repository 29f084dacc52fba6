import * as z from "zod";
import { formatDuration, LONGEST_DURATION_MS, parseDuration } from "../core/duration.ts";
import type { Target } from "../core/target.ts";
import { parseBracketedHost, parseHost, parseIpAddress } from "./host.ts";
import { parseListenAddress } from "./listen-address.ts";
import type { ListenAddress } from "./settings.ts";
import { parseTargetWord } from "./target-url.ts";

/** A value, or what was expected in its place: at least one phrase. */
type ReadText<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly expected: readonly string[] };

/** A kind of value that is written as text. */
export interface ValueType<T> {
  readonly expected: string;
  /** Never throws. */
  read(text: string): ReadText<T>;
}

/** Issues of our own (`custom`) say what was expected themselves; for the library's own the phrase of the type stands. */
function valueType<T>(expected: string, schema: z.ZodType<T, string>): ValueType<T> {
  return {
    expected,
    read(text) {
      const result = schema.safeParse(text);
      if (result.success) return { ok: true, value: result.data };
      return {
        ok: false,
        expected: result.error.issues.map((issue) => (issue.code === "custom" ? issue.message : expected)),
      };
    },
  };
}

/** Text that a function of ours reads; null is a refusal. */
function readBy<T>(expected: string, parse: (text: string) => T | null): ValueType<T> {
  const schema = z.string().transform((text, context) => {
    const value = parse(text);
    if (value !== null) return value;
    context.addIssue({ code: "custom", message: expected });
    return z.NEVER;
  });
  return valueType(expected, schema);
}

/** One word of a list. */
export function oneOf<const T extends readonly [string, ...string[]]>(words: T): ValueType<T[number]> {
  return valueType(`one of ${words.join(", ")}`, z.enum(words));
}

/** A whole number of at least 1. */
export const count: ValueType<number> = valueType(
  "a whole number from 1 to 1000",
  z.string().regex(/^\d+$/).transform(Number).pipe(z.int().min(1).max(1_000)),
);

/** A duration with its unit, in milliseconds, from `min` to `max` (text, both included). */
export function duration(min: string, max = formatDuration(LONGEST_DURATION_MS)): ValueType<number> {
  const expected = `a duration from ${min} to ${max}, such as 250ms, 1.5s or 1m30s`;
  const schema = z.string().transform((text, context) => {
    const parsed = parseDuration(text);
    if (parsed.ok) return parsed.ms;
    context.addIssue({ code: "custom", message: `${expected}; this ${parsed.problem}` });
    return z.NEVER;
  });
  return valueType(expected, schema.pipe(z.number().min(millisecondsIn(min)).max(millisecondsIn(max))));
}

function millisecondsIn(text: string): number {
  const parsed = parseDuration(text);
  if (!parsed.ok) throw new RangeError(`The bound ${text} of a duration ${parsed.problem}`);
  return parsed.ms;
}

const LISTEN_FORMS = ":9020, 127.0.0.1:9022, localhost:9022 or [::1]:9022";

/** An address to listen on. */
export const listenAddress: ValueType<ListenAddress> = readBy(
  `an address such as ${LISTEN_FORMS}; it cannot be off`,
  parseListenAddress,
);

/** An address to listen on, or empty text, which turns the listener off (null). */
export const optionalListenAddress: ValueType<ListenAddress | null> = {
  expected: `an address such as ${LISTEN_FORMS}, or nothing to turn it off`,
  read(text) {
    if (text === "") return { ok: true, value: null };
    const result = listenAddress.read(text);
    return result.ok ? result : { ok: false, expected: [optionalListenAddress.expected] };
  },
};

/** A host, IPv6 with or without brackets; the value has none. */
export const host: ValueType<string> = readBy(
  "a host name or an IP address, without port and zone",
  (text) => parseHost(text) ?? parseBracketedHost(text),
);

/** An IP address, in canonical text. */
export const ipAddress: ValueType<string> = readBy("an IP address without a zone", parseIpAddress);

/** Path of a file; empty text turns what uses it off (null). */
export const optionalPath: ValueType<string | null> = valueType(
  "the path of a file, at most 4096 characters",
  z
    .string()
    .max(4_096)
    .regex(/^\P{Cc}*$/u)
    .transform((text) => (text === "" ? null : text)),
);

/** Name of a model; the class C keeps out controls, invisible marks and halves of surrogate pairs. */
export const modelName: ValueType<string> = valueType(
  "a model's name: 1 to 256 visible characters",
  z.string().regex(/^[^\s\p{C}]{1,256}$/u),
);

/** `name=url`. */
export const target: ValueType<Target> = valueType(
  "name=url, such as http=http://127.0.0.1:9000/v2/health/ready",
  z.string().transform((text, context) => {
    const parsed = parseTargetWord(text);
    if (parsed.ok) return parsed.target;
    for (const message of parsed.problems) context.addIssue({ code: "custom", message });
    return z.NEVER;
  }),
);
