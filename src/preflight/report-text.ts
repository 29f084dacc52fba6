import { hostPort } from "../core/evidence.ts";
import { outcomeOf, type PathReport, type PortReport, type PreflightReport } from "./report.ts";

const GAP = "  ";

/**
 * The report for people: a table of ports by addresses, then what is wrong and how that is known, then the outcome in one
 * line. What begins with `!` is about one of the targets' own addresses.
 */
export function preflightText(report: PreflightReport): string {
  const lines = [
    ...tableLines(report.ports),
    "",
    ...report.ports.flatMap(troubleLines),
    ...remedyLines(report.ports),
    ...report.skipped.map(({ name, reason }) => `${name} was not tried: ${reason}`),
    outcomeOf(report).summary,
  ];
  return `${lines.join("\n").replace(/^\n+/, "")}\n`;
}

function tableLines(ports: readonly PortReport[]): readonly string[] {
  if (ports.length === 0) return [];
  const addresses = [...new Set(ports.flatMap(({ paths }) => paths.map(({ address }) => address)))];
  const rows = ports.map((port) => [
    port.targets.join(", "),
    String(port.port),
    port.binding.ok ? port.binding.address : port.binding.errno,
    ...addresses.map((address) => cellOf(port.paths.find((path) => path.address === address))),
  ]);
  const table = [["target", "port", "bound on", ...addresses], ...rows];
  const widths = table[0]?.map((_head, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  return table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
}

function cellOf(path: PathReport | undefined): string {
  if (path === undefined) return "-";
  return path.verdict === null ? path.state : path.verdict.code;
}

function troubleLines(port: PortReport): readonly string[] {
  const { binding, paths, targets } = port;
  const name = targets.join(", ");
  if (!binding.ok) {
    return [
      `! ${name}: port ${port.port} cannot be bound: ${binding.errno}`,
      ...binding.holders.map(({ address, uid, inode }) => {
        return `${GAP}- ${hostPort(address, port.port)} listens, uid ${uid}, inode ${inode}`;
      }),
      ...(binding.errno === "EADDRINUSE" && binding.holders.length === 0 ? [`${GAP}- ${UNLISTED}`] : []),
    ];
  }
  return paths.flatMap(({ role, verdict }) => {
    if (verdict === null) return [];
    return [
      `${role === "own" ? "!" : "-"} ${name}: ${verdict.code}: ${verdict.summary}`,
      ...verdict.evidence.map((line) => `${GAP}- ${line}`),
    ];
  });
}

/** What to do, once for each code. */
function remedyLines(ports: readonly PortReport[]): readonly string[] {
  const verdicts = ports.flatMap(({ paths }) => paths.flatMap(({ verdict }) => (verdict === null ? [] : [verdict])));
  return [...new Map(verdicts.map(({ code, remedy }) => [code, `${code}: ${remedy}`])).values()];
}

const UNLISTED = "no socket listens on it: one is bound without listening, or a connection of it is still open";
