import type { PathLook } from "../core/observation.ts";
import {
  type Burst,
  isSentElsewhere,
  provesResets,
  type RefusalProof,
  type TimeoutProof,
  whoRefused,
} from "../core/proof.ts";

/** The namespace's counters at one reading; null where the kernel does not show one. */
export interface CounterReading {
  readonly resetsSent: number | null;
  readonly attemptFails: number | null;
  readonly icmpUnreachable: number | null;
  readonly icmp6Unreachable: number | null;
}

/** A burst with the readings before and after it. */
export interface MeasuredBurst {
  readonly port: number;
  readonly burst: Burst;
  readonly before: CounterReading;
  readonly after: CounterReading;
}

/** What was measured of one address for the report. */
export interface Measurement {
  readonly address: string;
  readonly port: number;
  readonly bursts: readonly MeasuredBurst[];
  /** The same on a port that was the gate's own a moment before; null where none could be had. */
  readonly control: MeasuredBurst | null;
}

/** The bursts of a path that failed, and their control, as Markdown tables with what they say. */
export function burstTables({ address, proof }: PathLook, measurement: Measurement | null): readonly string[] {
  const lines = [
    ...(measurement === null ? [] : measuredTable(address, measurement)),
    ...(proof?.refusal ? refusalTable(proof.refusal) : []),
    ...(proof?.timeout ? timeoutLines(proof.timeout) : []),
    ...(proof?.canary ? [`- the gate's own listener in the same moment: ${proof.canary}`] : []),
  ];
  return lines.length === 0 ? ["Nothing was gathered to tell who refused."] : lines;
}

const COUNTERS = [
  ["resetsSent", "Tcp OutRsts"],
  ["attemptFails", "Tcp AttemptFails"],
] as const;

function measuredTable(address: string, { port, bursts, control }: Measurement): readonly string[] {
  const columns = [
    ...bursts.map((burst) => ({ name: `target port ${port}`, burst })),
    ...(control === null ? [] : [{ name: `control port ${control.port}`, burst: control }]),
  ];
  const icmp = address.includes(":")
    ? (["icmp6Unreachable", "Icmp6InDestUnreachs"] as const)
    : (["icmpUnreachable", "Icmp InDestUnreachs"] as const);
  const row = (title: string, cell: (measured: MeasuredBurst) => string) =>
    `| ${title} | ${columns.map(({ burst }) => cell(burst)).join(" | ")} |`;
  return [
    "Made for this report: bursts of connects, and the counters of the network namespace right before and after each.",
    "The control port was the gate's own listener a moment before: nobody listens there, so the kernel must refuse it.",
    "",
    `| | ${columns.map(({ name }) => name).join(" | ")} |`,
    `| --- |${" --- |".repeat(columns.length)}`,
    row("attempts, refused", ({ burst }) => `${burst.attempts}, ${burst.refused}`),
    row("took", ({ burst }) => `${burst.ms} ms`),
    ...[...COUNTERS, icmp].map(([key, title]) =>
      row(`\`${title}\``, ({ before, after }) => changeCell(before[key], after[key])),
    ),
    "",
  ];
}

function changeCell(before: number | null, after: number | null): string {
  return before === null || after === null ? "not shown" : `${before} → ${after} (+${after - before})`;
}

function refusalTable(refusal: RefusalProof): readonly string[] {
  const { bursts, control, trackedConnections } = refusal;
  const rows = [
    ...bursts.map((burst, index) => countsRow(`target, burst ${index + 1}`, burst)),
    ...(control === null ? [] : [countsRow("control", control)]),
  ];
  const tracked = trackedConnections === null ? [] : [`- connections tracked over loopback: ${trackedConnections}`];
  return [
    "What the verdict rests on: the change of each counter over one burst.",
    "",
    "| burst | attempts | refused | OutRsts | AttemptFails | InDestUnreachs | lo packets |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
    `- ${readingOf(refusal)}`,
    ...tracked,
  ];
}

function countsRow(name: string, burst: Burst): string {
  const counters = [burst.resetsSent, burst.attemptFails, burst.icmpUnreachable, burst.loopbackPackets].map(
    (count) => count ?? "not shown",
  );
  return `| ${[name, burst.attempts, burst.refused, ...counters].join(" | ")} |`;
}

/** What the bursts say, in words. */
function readingOf(refusal: RefusalProof): string {
  const control = provesResets(refusal.control)
    ? "the kernel counted a reset for each attempt on the control port, so its counter can be trusted"
    : "the control did not prove the counter of resets on this kernel";
  switch (whoRefused(refusal)) {
    case "firewall":
      return `a rule refused: the kernel's TCP sent no reset of its own for the refused attempts, or a rule's ICMP came in; ${control}`;
    case "kernel":
      return `the kernel refused, one reset for each attempt: no rule refuses this port; ${control}`;
    case "unknown":
      return `${isSentElsewhere(refusal) ? "the connects went elsewhere, past loopback: " : ""}who refused is not told; ${control}`;
  }
}

function timeoutLines({ attempts, timedOut, queueOverflows }: TimeoutProof): readonly string[] {
  return [
    `- ${timedOut} of ${attempts} parallel connects got no answer; without a rule the kernel answers each at once`,
    `- \`TcpExt ListenOverflows\` in the same time: ${queueOverflows === null ? "not shown" : `+${queueOverflows}`}`,
  ];
}
