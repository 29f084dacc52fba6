import { isIpv4 } from "./coverage.ts";
import { evidenceOf, resolutionEvidence } from "./evidence.ts";
import { type Case, type Facts, factsOf } from "./facts.ts";
import { isAnswered, isWaitingForAccept } from "./memory.ts";
import type { PathLook } from "./observation.ts";
import { RULES } from "./rules.ts";
import { type Reading, worst } from "./verdict.ts";
import { classOf, type VerdictCode } from "./verdict-table.ts";

/** Codes of an open address on which no server is there yet, or any more. */
const MISSING_SERVER: ReadonlySet<VerdictCode> = new Set([
  "NOT_LISTENING",
  "NEVER_LISTENED",
  "STOPPED_LISTENING",
  "RESTARTING",
]);

/**
 * Tells what one look at one target means. A pure function of its argument: a recorded case read again gives the same
 * verdict.
 */
export function classify(situation: Case): Reading {
  const paths = situation.look.paths.filter((path) => path.role === "target");
  if (!situation.look.resolution.isResolved || paths.length === 0) return unresolved(situation);
  const read = paths.map((path) => ({ path, verdict: readPath(factsOf(situation, path)) }));
  const ready = read.find(({ verdict }) => verdict.code === "READY");
  if (ready) return ready.verdict;
  // Of several addresses the one on which the server got furthest speaks for the target; the worst among equals.
  const furthest = Math.max(...read.map(({ path }) => progress(path)));
  const equals = read.filter(({ path }) => progress(path) === furthest);
  // A rule on one address is not why nothing answers, while on another nothing but the server is missing.
  const isServerMissing = equals.some(({ verdict }) => MISSING_SERVER.has(verdict.code));
  const speaking = equals.filter(({ verdict }) => !isServerMissing || classOf(verdict.code) !== "network-block");
  return worst(speaking)?.verdict ?? unresolved(situation);
}

function readPath(facts: Facts): Reading {
  const rule = RULES.find((candidate) => candidate.applies(facts));
  if (rule === undefined) throw new Error("the table of rules has no last rule that always applies");
  return { code: rule.code, summary: rule.summary(facts), evidence: evidenceOf(facts) };
}

function unresolved(situation: Case): Reading {
  const summary = `the host name ${situation.target.host} does not resolve`;
  return { code: "NAME_UNRESOLVED", summary, evidence: resolutionEvidence(situation) };
}

/** How far the server got on a path: -1 no such address here, 0 no connection, 1 connected, 2 answered. */
function progress(path: PathLook): number {
  if (isAnswered(path)) return 2;
  if (path.connect?.outcome === "ok" || isWaitingForAccept(path)) return 1;
  // Where IPv6 is off, the ::1 of localhost must not speak for a server that starts on 127.0.0.1.
  return path.connect?.errno === "EADDRNOTAVAIL" && !isIpv4(path.address) ? -1 : 0;
}
