import { isServedBy } from "../core/coverage.ts";
import { hostPort } from "../core/evidence.ts";
import type { ListeningSocket } from "../core/observation.ts";
import type { Clock } from "../core/ports.ts";
import type { Target } from "../core/target.ts";
import { VERDICTS } from "../core/verdict-table.ts";
import type { Endpoint } from "../probes/connect.ts";
import { type Bound, bindPort, NONCE_BYTES, type NonceListener } from "./nonce-listener.ts";
import { type LocalTarget, type PortPlan, planPorts } from "./port-plan.ts";
import type { PathReport, PathVerdict, PortReport, PreflightReport } from "./report.ts";
import { type Trial, tryPath } from "./try-path.ts";

/** What a preflight is done with. */
export interface PreflightParts {
  readonly clock: Clock;
  /** The addresses of this network namespace that a target's host stands for, or why it is not tried. */
  readonly resolve: (target: Target) => Promise<readonly string[] | { readonly reason: string }>;
  /** All addresses of the pod, loopback among them. */
  readonly podAddresses: readonly string[];
  readonly listeners: () => readonly ListeningSocket[];
  /** Finds out why connections to listeners of our own fail: a verdict for each, in their order. */
  readonly explain: (failing: readonly Endpoint[]) => Promise<readonly PathVerdict[]>;
}

/** What is tried, and how long. */
export interface PreflightOptions {
  readonly targets: readonly Target[];
  readonly preset: string;
  /** Bound on one connection, in milliseconds. */
  readonly withinMs: number;
}

/** Something other than the listener must be seen twice, this far apart. */
const AGAIN_AFTER_MS = 300;

/**
 * Binds the targets' ports as the server will, connects over every path, and lets go. Takes a few seconds at most, and
 * some milliseconds when all is well.
 */
export async function preflight(options: PreflightOptions, parts: PreflightParts): Promise<PreflightReport> {
  const resolved = await Promise.all(
    options.targets.map(async (target) => ({ target, found: await parts.resolve(target) })),
  );
  const local: LocalTarget[] = [];
  const skipped: { name: string; reason: string }[] = [];
  for (const { target, found } of resolved) {
    if ("reason" in found) skipped.push({ name: target.name, reason: found.reason });
    else local.push({ target, addresses: found });
  }
  const plans = planPorts(local, { preset: options.preset, podAddresses: parts.podAddresses });
  const before = parts.listeners();
  // All are bound before the first connect, which could otherwise be given one of the ports as its own.
  const ports = await Promise.all(plans.map(async (plan) => ({ plan, bound: await bindPort(plan.port, plan.bindTo) })));
  try {
    return { ports: await tryPorts(ports, { options, parts, before }), skipped };
  } finally {
    await Promise.all(ports.map(({ bound }) => (bound.ok ? bound.listener.close() : undefined)));
  }
}

interface Port {
  readonly plan: PortPlan;
  readonly bound: Bound;
}

interface Work {
  readonly options: PreflightOptions;
  readonly parts: PreflightParts;
  /** The sockets that listened before ours. */
  readonly before: readonly ListeningSocket[];
}

async function tryPorts(ports: readonly Port[], work: Work): Promise<readonly PortReport[]> {
  const paths = ports.flatMap(({ plan, bound }) => (bound.ok ? pathsOf(plan, bound.listener) : []));
  const trials = await Promise.all(paths.map(async (path) => ({ path, trial: await tried(path, work) })));
  const failing = trials.flatMap(({ path, trial }) => (trial.kind === "failed" ? [path] : []));
  const verdicts = failing.length === 0 ? [] : await work.parts.explain(failing);
  const reports = trials.map(({ path, trial }) => {
    const verdict = verdicts[failing.indexOf(path)] ?? null;
    return { port: path.port, report: reportOf(path, trial, verdict) };
  });
  return ports.map(({ plan, bound }) => ({
    port: plan.port,
    targets: plan.targets.map(({ name }) => name),
    isRequired: plan.targets.some(({ required }) => required),
    binding: bindingOf(plan, bound, work),
    paths: reports.filter(({ port }) => port === plan.port).map(({ report }) => report),
  }));
}

function bindingOf({ port }: PortPlan, bound: Bound, { before }: Work): PortReport["binding"] {
  if (bound.ok) return { ok: true, address: bound.listener.address };
  return { ok: false, errno: bound.errno, holders: before.filter((socket) => socket.port === port) };
}

interface Path extends Endpoint {
  readonly role: PathReport["role"];
  readonly listener: NonceListener;
}

function pathsOf({ port, own, others }: PortPlan, listener: NonceListener): readonly Path[] {
  const path = (role: Path["role"]) => (address: string) => ({ address, port, role, listener });
  return [...own.map(path("own")), ...others.map(path("other"))];
}

async function tried(path: Path, { options, parts }: Work): Promise<Trial | { readonly kind: "not served" }> {
  if (!isServedBy(path.address, path.listener.address)) return { kind: "not served" };
  const once = () => tryPath(path, path.listener, { clock: parts.clock, withinMs: options.withinMs });
  const first = await once();
  if (first.kind !== "elsewhere") return first;
  await new Promise<void>((resolve) => parts.clock.after(AGAIN_AFTER_MS, resolve));
  return await once();
}

function reportOf(path: Path, trial: Awaited<ReturnType<typeof tried>>, verdict: PathVerdict | null): PathReport {
  const { address, role } = path;
  if (trial.kind === "not served") return { address, role, state: "not served", verdict: null };
  if (trial.kind === "open" || verdict?.class === "ready") return { address, role, state: "open", verdict: null };
  if (trial.kind === "elsewhere") return { address, role, state: "blocked", verdict: elsewhere(path, trial) };
  if (verdict?.class === "network-block") return { address, role, state: "blocked", verdict };
  if (trial.connect.outcome !== "refused") return { address, role, state: "unknown", verdict };
  // Who refuses may stay open, but not whether: our own socket listens there.
  const summary = `connections to ${hostPort(address, path.port)} are refused, though preflight itself listens there`;
  return { address, role, state: "blocked", verdict: intercepted(summary, verdict?.evidence ?? []) };
}

function elsewhere({ address, port, listener }: Path, trial: Extract<Trial, { kind: "elsewhere" }>): PathVerdict {
  const place = hostPort(address, port);
  const socket = hostPort(listener.address, port);
  return intercepted(`something else answers on ${place} than the socket that preflight has bound`, [
    `connected to ${place} in ${trial.ms} ms, twice, ${AGAIN_AFTER_MS} ms apart`,
    `of ${NONCE_BYTES} random bytes that were sent, ${trial.hasArrived ? "all" : "none"} reached the socket bound to ${socket}`,
    `${trial.bytes} bytes came back`,
  ]);
}

function intercepted(summary: string, evidence: readonly string[]): PathVerdict {
  const { class: verdictClass, remedy } = VERDICTS.INTERCEPTED;
  return { code: "INTERCEPTED", class: verdictClass, summary, remedy, evidence };
}
