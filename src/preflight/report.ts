import { hostPort } from "../core/evidence.ts";
import type { ListeningSocket } from "../core/observation.ts";
import type { Verdict } from "../core/verdict.ts";
import { compareCodes, type VerdictClass } from "../core/verdict-table.ts";

/** A verdict on a path; see `docs/verdicts.md`. */
export type PathVerdict = Pick<Verdict, "code" | "class" | "summary" | "remedy" | "evidence">;

/** What was found about one address of one port. */
export interface PathReport {
  readonly address: string;
  /** `own`: the targets' hosts stand for it; `other`: another address of the pod. */
  readonly role: "own" | "other";
  /** `not served`: not tried, as the port is bound for IPv4 alone. */
  readonly state: "open" | "not served" | "blocked" | "unknown";
  /** Why it is not open; null where it is, or is not served. */
  readonly verdict: PathVerdict | null;
}

/** What was found about one port. */
export interface PortReport {
  readonly port: number;
  /** Names of its targets. */
  readonly targets: readonly string[];
  readonly isRequired: boolean;
  readonly binding:
    | { readonly ok: true; readonly address: string }
    | {
        readonly ok: false;
        readonly errno: string;
        /** Sockets that listen on the port. */
        readonly holders: readonly ListeningSocket[];
      };
  readonly paths: readonly PathReport[];
}

/** What `preflight` found. */
export interface PreflightReport {
  readonly ports: readonly PortReport[];
  /** Targets that were not tried, and why. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/** What decides the exit code: the worst of what was found about ports that are required. */
export interface Outcome {
  /** `ready`: every path is open. */
  readonly class: Extract<VerdictClass, "ready" | "network-block" | "misconfiguration" | "unknown">;
  /** For people, one line. */
  readonly summary: string;
}

const OPEN = "every path to the targets' own addresses is open";
const OPEN_INSIDE = `${OPEN}; other addresses of the pod are blocked, and the kubelet's probes come over those`;

/** Judges by the targets' own addresses; the pod's other ones are shown, and do not count. */
export function outcomeOf(report: PreflightReport): Outcome {
  const required = report.ports.filter(({ isRequired }) => isRequired);
  const own = required.flatMap(({ paths }) => paths.filter(({ role }) => role === "own"));
  const blocked = worstOf(own.filter(({ state }) => state === "blocked"));
  if (blocked !== null) return { class: "network-block", summary: `blocked: ${blocked.code}: ${blocked.summary}` };
  const taken = required.find(({ binding }) => !binding.ok && binding.errno === "EADDRINUSE");
  if (taken !== undefined) {
    return { class: "misconfiguration", summary: `port ${taken.port} (${taken.targets.join(", ")}) is already bound` };
  }
  const unbound = required.find(({ binding }) => !binding.ok);
  if (unbound !== undefined) return { class: "unknown", summary: `port ${unbound.port} could not be bound` };
  const unclear = worstOf(own.filter(({ state }) => state === "unknown"));
  if (unclear !== null) return { class: "unknown", summary: `unclear: ${unclear.code}: ${unclear.summary}` };
  const untried = required.map(untriedSummary).find((summary) => summary !== null);
  if (untried !== undefined) return { class: "unknown", summary: untried };
  if (required.length === 0) return { class: "unknown", summary: "no required target is in this network namespace" };
  const others = required.flatMap(({ paths }) => paths.filter(({ role }) => role === "other"));
  return { class: "ready", summary: others.some(({ state }) => state === "blocked") ? OPEN_INSIDE : OPEN };
}

/** A path that nothing was sent over is not known to be open. */
function untriedSummary({ port, targets, paths }: PortReport): string | null {
  const untried = paths.find(({ role, state }) => role === "own" && state === "not served");
  if (untried === undefined) return null;
  const path = `the path to ${hostPort(untried.address, port)} (${targets.join(", ")})`;
  return `${path} was not tried: the port could be bound for IPv4 alone`;
}

function worstOf(paths: readonly PathReport[]): PathVerdict | null {
  const verdicts = paths.map(({ verdict }) => verdict).filter((verdict) => verdict !== null);
  return verdicts.toSorted((a, b) => compareCodes(a.code, b.code))[0] ?? null;
}
