import { VERDICT_CLASSES, type VerdictClass, type VerdictEntry } from "./verdicts/entry.ts";
import { MISCONFIGURATION_CODES } from "./verdicts/misconfiguration.ts";
import { NETWORK_BLOCK_CODES } from "./verdicts/network-block.ts";
import { SERVER_FAULT_CODES } from "./verdicts/server-fault.ts";
import { READY_CODES, SLOW_STARTUP_CODES } from "./verdicts/startup.ts";
import { UNKNOWN_CODES } from "./verdicts/unknown.ts";

export { CLASS_MEANINGS, VERDICT_CLASSES, type VerdictClass } from "./verdicts/entry.ts";

/**
 * Every verdict code that may be published. A code keeps its meaning once it is out; the order settles ties between
 * codes of one class.
 */
export const VERDICTS = {
  ...ofClass("ready", READY_CODES),
  ...ofClass("slow-startup", SLOW_STARTUP_CODES),
  ...ofClass("network-block", NETWORK_BLOCK_CODES),
  ...ofClass("misconfiguration", MISCONFIGURATION_CODES),
  ...ofClass("server-fault", SERVER_FAULT_CODES),
  ...ofClass("unknown", UNKNOWN_CODES),
};

export type VerdictCode = keyof typeof VERDICTS;

/** All codes, in the table's order. */
export const VERDICT_CODES = Object.keys(VERDICTS) as readonly VerdictCode[];

const CODE_ORDER = new Map(VERDICT_CODES.map((code, index) => [code, index]));

/** The class of a code. */
export function classOf(code: VerdictCode): VerdictClass {
  return VERDICTS[code].class;
}

/** Sorts worse codes first: by class, then by the order of the table. */
export function compareCodes(a: VerdictCode, b: VerdictCode): number {
  const byClass = VERDICT_CLASSES.indexOf(classOf(a)) - VERDICT_CLASSES.indexOf(classOf(b));
  return byClass !== 0 ? byClass : (CODE_ORDER.get(a) ?? 0) - (CODE_ORDER.get(b) ?? 0);
}

interface ClassifiedEntry extends VerdictEntry {
  readonly class: VerdictClass;
}

function ofClass<Code extends string>(
  verdictClass: VerdictClass,
  entries: Readonly<Record<Code, VerdictEntry>>,
): Readonly<Record<Code, ClassifiedEntry>> {
  const codes = Object.keys(entries) as Code[];
  return Object.fromEntries(codes.map((code) => [code, { class: verdictClass, ...entries[code] }])) as Record<
    Code,
    ClassifiedEntry
  >;
}
