import { isServedBy } from "../core/coverage.ts";
import type { Snapshot, SnapshotTarget } from "../core/snapshot.ts";
import { printable } from "./printable.ts";
import type { ReportStyle } from "./report-style.ts";

type Path = SnapshotTarget["paths"][number];

const HEADS = ["address", "role", "listen", "connect", "protocol", "ready"] as const;
const GAP = "  ";

/**
 * The addresses of one target by the layers of a look. A table where it fits, else each address on lines of its own; no
 * line is longer than the style's width less `indent`, as far as the words allow.
 */
export function matrixLines(
  target: SnapshotTarget,
  sources: Snapshot["evidenceSources"],
  style: ReportStyle & { readonly indent: number },
): readonly string[] {
  const rows = target.paths.map((path) =>
    cellsOf(path, target, sources).map((cell) => printable(cell, style.isUnicode)),
  );
  if (rows.length === 0) return [];
  const table = [HEADS, ...rows];
  const widths = HEADS.map((_head, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const total = widths.reduce((sum, width) => sum + width, (widths.length - 1) * GAP.length);
  if (total <= style.width - style.indent) {
    return table.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join(GAP)
        .trimEnd(),
    );
  }
  return rows.flatMap(([address = "", role = "", ...layers]) => [
    `${address} (${role})`,
    ...layers.map((cell, index) => `${GAP}${(HEADS[index + 2] ?? "").padEnd(8)} ${cell}`),
  ]);
}

function cellsOf(path: Path, target: SnapshotTarget, sources: Snapshot["evidenceSources"]): readonly string[] {
  const { answer, address, role } = path;
  return [address, role, listenCell(path, target, sources), connectCell(path), protocolCell(answer), readyCell(answer)];
}

function listenCell(
  { address, connect }: Path,
  { bind, verdict }: SnapshotTarget,
  sources: Snapshot["evidenceSources"],
) {
  if (bind.some((socket) => isServedBy(address, socket.address))) return "yes";
  if (verdict.code === "REMOTE_UNREACHABLE") return "elsewhere";
  return sources.listenTable === "absent" || connect?.outcome === "ok" ? "?" : "no";
}

/** Why a path was not tried, where nothing is known of it from before. */
const NOT_TRIED = {
  "not-listening": "not tried",
  "ephemeral-port": "not tried (ephemeral port)",
  "accept-queue": "not tried (queue)",
  recent: "not tried",
} as const satisfies Record<NonNullable<Path["skipped"]>, string>;

function connectCell({ connect, skipped }: Path): string {
  if (connect === null) return skipped === null ? "-" : NOT_TRIED[skipped];
  const { outcome, errno, refusedBy, ms } = connect;
  if (outcome === "ok") return `ok ${ms} ms`;
  if (outcome === "refused")
    return refusedBy === null || refusedBy === "unknown" ? "refused" : `refused by ${refusedBy}`;
  if (outcome === "timeout") return `no answer in ${ms} ms`;
  return `${outcome} ${errno ?? ""}`.trimEnd();
}

function protocolCell(answer: Path["answer"]): string {
  if (answer === null) return "-";
  return answer.kind === "silence" ? `silent ${answer.ms} ms` : `${answer.code} ${answer.ms} ms`;
}

function readyCell(answer: Path["answer"]): string {
  if (answer?.kind === "ready") return answer.modelsPending.length === 0 ? "yes" : "not its models";
  return answer?.kind === "not-ready" ? "no" : "-";
}
