import { hostPort } from "../core/evidence.ts";
import type { FailingPath } from "../core/failing-path.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { codeSpan, plainText } from "./markdown-text.ts";
import { limitsSection, reproduceSection } from "./proof-sections.ts";
import { burstTables, type Measurement } from "./proof-tables.ts";

/** What the report for the network team is made from. */
export interface ProofInput {
  readonly snapshot: Snapshot;
  readonly failing: readonly FailingPath[];
  /** Bursts that were made for the report alone, with raw counters; empty for a replay. */
  readonly measurements: readonly Measurement[];
  /** The program's version, and the kernel's release where it is known. */
  readonly version: string;
  readonly kernel: string | null;
  /** Where the observations come from, one sentence each. */
  readonly origin: readonly string[];
}

/** What one hands to the network team: Markdown with the raw counters, what they prove and how to see the same by hand. */
export function proofReport(input: ProofInput): string {
  const { snapshot, failing } = input;
  const sections = [
    head(input),
    ...(failing.length === 0 ? [nothingFails(snapshot)] : failing.map((path) => pathSection(path, input))),
    allVerdicts(snapshot),
    limitsSection(),
    reproduceSection(failing, snapshot),
  ];
  return `${sections.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function head({ snapshot, version, kernel, origin }: ProofInput): readonly string[] {
  const { verdict, now, netns, ready } = snapshot;
  return [
    "# Who refuses connections inside this pod",
    "",
    `${ready ? "The gate is open" : "The gate is closed"}: ${plainText(verdict.target)} \`${verdict.code}\` (${verdict.class}): ${plainText(verdict.summary)}.`,
    "",
    `- taken at ${plainText(now)} by readiness-gate ${plainText(version)}`,
    `- kernel ${kernel === null ? "not told" : codeSpan(kernel)}, network namespace ${netns ?? "not told"} (inode of \`/proc/self/ns/net\`)`,
    ...origin.map((line) => `- ${plainText(line)}`),
  ];
}

function nothingFails({ evidenceSources }: Snapshot): readonly string[] {
  return [
    "## No connection fails",
    "",
    `Every address of the targets that was tried took a connection, or none was tried. Counters of resets: ${evidenceSources.resetCounters}.`,
  ];
}

function pathSection({ target, verdict, path, sockets }: FailingPath, { measurements }: ProofInput): readonly string[] {
  const place = hostPort(path.address, target.port);
  const { outcome, errno, ms } = path.connect;
  const own = measurements.find(({ address, port }) => address === path.address && port === target.port);
  return [
    `## ${plainText(target.name)}: ${place}`,
    "",
    `\`${verdict.code}\` (${verdict.class}): ${plainText(verdict.summary)}.`,
    "",
    `- connect: ${outcome} (${plainText(errno ?? "no error")}) after ${ms} ms`,
    ...socketLines(sockets, target.port),
    "",
    ...burstTables(path, own ?? null),
    "",
    "Evidence, one observed fact a line:",
    "",
    ...verdict.evidence.map((line) => `- ${plainText(line)}`),
  ];
}

const SOCKETS_SHOWN = 8;

function socketLines(sockets: FailingPath["sockets"], port: number): readonly string[] {
  if (sockets === null) return ["- the table of listening sockets cannot be read"];
  if (sockets.length === 0) return [`- no socket listens on port ${port}, on any address`];
  return sockets.slice(0, SOCKETS_SHOWN).map((socket) => {
    return `- listening: ${hostPort(socket.address, socket.port)}, inode ${socket.inode}, uid ${socket.uid}, ${socket.acceptQueue} waiting to be accepted`;
  });
}

function allVerdicts({ targets, loopback }: Snapshot): readonly string[] {
  return [
    "## All targets",
    "",
    "| target | URL | verdict | address | role | connect |",
    "| --- | --- | --- | --- | --- | --- |",
    ...targets.flatMap(({ name, url, verdict, paths }) =>
      paths.map(({ address, role, connect }) => {
        const ended =
          connect === null ? "not tried" : `${connect.outcome}${connect.errno === null ? "" : ` ${connect.errno}`}`;
        return `| ${[name, url, verdict.code, address, role, ended].map(plainText).join(" | ")} |`;
      }),
    ),
    "",
    `The gate's own listener over loopback: IPv4 ${loopback.ipv4 ?? "not tried"}, IPv6 ${loopback.ipv6 ?? "not tried"}.`,
  ];
}
