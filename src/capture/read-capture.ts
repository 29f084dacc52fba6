import type { Moment } from "../core/moment.ts";
import type { ListeningSocket, Look } from "../core/observation.ts";
import type { Target } from "../core/target.ts";
import { canonicalAddress, isLoopback } from "../kernel/addresses.ts";
import { type PortRange, parseEphemeralRange } from "../kernel/ephemeral-range.ts";
import { parseTarget } from "../settings/target-url.ts";
import { type Entry, type LineProblem, outlineOf } from "./outline.ts";
import { readLook } from "./read-look.ts";
import { readMoment } from "./read-moment.ts";
import { type CapturedProcess, readProcess } from "./read-process.ts";
import { readSockets } from "./read-sockets.ts";

/** One target and what the script saw of it. */
export interface CapturedTarget {
  readonly target: Target;
  readonly look: Look;
}

/** What a capture holds. */
export interface Capture {
  /** When the script began. Its monotonic clock is the time since boot, to 10 ms. */
  readonly at: Moment;
  /** The kernel's release; null where it is not told, as below. */
  readonly kernel: string | null;
  /** Inode of the network namespace; kernels before 5.14 do not tell it to bash. */
  readonly netns: number | null;
  readonly ephemeralPorts: PortRange | null;
  /** Addresses of the network namespace, in canonical text. */
  readonly addresses: readonly string[];
  /** All listening sockets as the script began; null where there is no table. */
  readonly listeners: readonly ListeningSocket[] | null;
  readonly processes: readonly CapturedProcess[];
  readonly targets: readonly CapturedTarget[];
  /** Whether the script came to its end, and left nothing out to stay short. */
  readonly isComplete: boolean;
}

/** A capture, with the lines that could not be read; or why there is none. */
export type ReadCapture =
  | { readonly ok: true; readonly capture: Capture; readonly problems: readonly LineProblem[] }
  | { readonly ok: false; readonly problems: readonly LineProblem[] };

const MOST_TARGETS = 64;

/** Reads the output of the script. Never throws; the text may be anything. */
export function readCapture(text: string): ReadCapture {
  const { entries, problems } = outlineOf(text);
  if (entries.length === 0 && problems.length > 0) return { ok: false, problems };
  const begin = entries.find(({ word }) => word === "at");
  const at = begin === undefined ? null : readMoment(begin);
  if (at === null) {
    return {
      ok: false,
      problems: [...problems, { line: begin?.line ?? 0, message: "the time of the capture is missing" }],
    };
  }
  const surroundings = readSurroundings(entries, at);
  const { targets, problems: ofTargets } = readTargets(entries, surroundings);
  const more =
    targets.length + ofTargets.length > 0 ? ofTargets : [{ line: 0, message: "no target is in the capture" }];
  if (targets.length === 0) return { ok: false, problems: [...problems, ...more] };
  const isComplete = entries.some(({ word, fields }) => word === "end" && fields.get("cut") === "0");
  const end = { line: 0, message: "the capture was cut short: its end is missing" };
  return {
    ok: true,
    capture: { ...surroundings, targets, isComplete },
    problems: [...problems, ...more, ...(isComplete ? [] : [end])],
  };
}

type Surroundings = Omit<Capture, "targets" | "isComplete">;

function readSurroundings(entries: readonly Entry[], at: Moment): Surroundings {
  const restOf = (word: string) => entries.find((entry) => entry.word === word)?.rest ?? "";
  const table = entries.find(({ word, fields }) => word === "rows" && fields.get("when") === "all");
  const reading = table === undefined ? null : readSockets(table);
  // A reading that is not complete still shows the sockets that it shows.
  const isTold = reading?.isComplete || (reading?.sockets.length ?? 0) > 0;
  const netns = restOf("netns");
  const addresses = entries.flatMap(({ word, rest }) => (word === "address" ? [canonicalAddress(rest)] : []));
  return {
    at,
    kernel: restOf("kernel").slice(0, 80) || null,
    netns: /^\d{1,15}$/.test(netns) ? Number(netns) : null,
    ephemeralPorts: parseEphemeralRange(restOf("ephemeral")),
    addresses: [...new Set(addresses.filter((address) => address !== null))],
    listeners: isTold ? (reading?.sockets ?? null) : null,
    processes: entries.flatMap((entry) => readProcess(entry, at)),
  };
}

function readTargets(
  entries: readonly Entry[],
  { at, addresses, listeners }: Surroundings,
): { readonly targets: readonly CapturedTarget[]; readonly problems: readonly LineProblem[] } {
  const known = new Set(addresses);
  const isLocal = (address: string) => isLoopback(address) || known.has(address);
  const listeningPorts = [...new Set((listeners ?? []).map(({ port }) => port))].sort((a, b) => a - b);
  const targets: CapturedTarget[] = [];
  const problems: LineProblem[] = [];
  const starts = entries.flatMap(({ word }, index) => (word === "target" ? [index] : []));
  for (const [index, start] of starts.slice(0, MOST_TARGETS).entries()) {
    const part = entries.slice(start, starts[index + 1]);
    const { line = 0, fields = new Map<string, string>() } = part[0] ?? {};
    const parsed = parseTarget(fields.get("name") ?? "", fields.get("url") ?? "");
    if (parsed.ok) {
      const { target } = parsed;
      targets.push({ target, look: readLook(part, { target, at, isLocal, listeningPorts }) });
    } else {
      problems.push({ line, message: `no target: expected ${parsed.problems.join("; ")}` });
    }
  }
  return { targets, problems };
}
