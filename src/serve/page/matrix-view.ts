import { isServedBy } from "../../core/coverage.ts";
import type { Snapshot, SnapshotTarget } from "../../core/snapshot.ts";
import { type Content, type ElementPiece, h } from "./piece.ts";
import { table } from "./table-view.ts";
import { inMs } from "./words.ts";

type Path = SnapshotTarget["paths"][number];

/** How a layer looks: as it should, not there yet, broken, or nothing is known. */
type Health = "good" | "not-yet" | "bad" | "unknown";

const SIGNS: Readonly<Record<Health, string>> = { good: "✓", "not-yet": "–", bad: "✕", unknown: "?" };

const COLUMNS = ["Address", "Listen", "Connect", "Answer", "Ready"] as const;

/** The addresses of all targets by the layers of their last looks. */
export function matrixSection({ targets, evidenceSources }: Snapshot): ElementPiece {
  const rows = targets.flatMap((target) => target.paths.map((path) => rowOf(path, target, evidenceSources)));
  return h(
    "section",
    { class: "matrix", "aria-labelledby": "matrix" },
    h("h2", { id: "matrix" }, "Addresses by layer"),
    rows.length === 0
      ? h("p", { class: "none" }, "No address has been looked at yet.")
      : table({ className: "cards", caption: "What the last look at each address met", columns: COLUMNS, rows }),
  );
}

function rowOf(path: Path, target: SnapshotTarget, sources: Snapshot["evidenceSources"]): readonly Content[] {
  return [
    [`${target.name} `, h("code", {}, path.address), path.role === "evidence" && h("small", {}, " for comparison")],
    listenCell(path, target, sources),
    connectCell(path),
    answerCell(path),
    readyCell(path),
  ];
}

function layer(health: Health, words: Content): ElementPiece {
  return h(
    "span",
    { class: `layer ${health}` },
    h("b", { "aria-hidden": "true" }, SIGNS[health]),
    h("span", {}, words),
  );
}

function listenCell({ address, role, connect }: Path, target: SnapshotTarget, sources: Snapshot["evidenceSources"]) {
  if (target.bind.some((socket) => isServedBy(address, socket.address))) return layer("good", "socket listens");
  if (target.verdict.code === "REMOTE_UNREACHABLE") return layer("unknown", "elsewhere");
  if (sources.listenTable === "absent" || connect?.outcome === "ok") return layer("unknown", "not known");
  if (target.bind.length === 0) return layer("not-yet", "no socket");
  // A server may well listen on loopback alone: that is a fault only of an address that it is asked at.
  return layer(role === "target" ? "bad" : "not-yet", "other addresses only");
}

/** Why a path was not tried, where nothing is known of it from before. */
const NOT_TRIED = {
  "not-listening": "not tried: nothing listens",
  "ephemeral-port": "not tried: ephemeral port",
  "accept-queue": "not tried: accept queue",
  recent: "not tried yet",
} as const satisfies Record<NonNullable<Path["skipped"]>, string>;

function connectCell({ connect, skipped }: Path): ElementPiece {
  if (connect === null) return layer("unknown", skipped === null ? "not tried" : NOT_TRIED[skipped]);
  const { outcome, errno, ms } = connect;
  if (outcome === "ok") return layer("good", inMs(ms));
  if (outcome === "refused") return refusedCell(connect);
  if (outcome === "timeout") return layer("bad", `no answer in ${inMs(ms)}`);
  return layer("bad", [outcome, errno !== null && [" ", h("code", {}, errno)]]);
}

function refusedCell({ refusedBy }: NonNullable<Path["connect"]>): ElementPiece {
  if (refusedBy === "firewall") return layer("bad", "refused by a rule");
  return layer("not-yet", refusedBy === "kernel" ? "refused by the kernel" : "refused");
}

function answerCell({ answer }: Path): ElementPiece {
  if (answer === null) return layer("unknown", "not asked");
  if (answer.kind === "silence") return layer("not-yet", `silent for ${inMs(answer.ms)}`);
  const isSpoken = answer.kind === "ready" || answer.kind === "not-ready";
  return layer(isSpoken ? "good" : "bad", [h("code", {}, answer.code), ` ${inMs(answer.ms)}`]);
}

function readyCell({ answer }: Path): ElementPiece {
  if (answer?.kind === "not-ready") return layer("not-yet", "says not yet");
  if (answer?.kind !== "ready") return layer("unknown", "not known");
  const pending = answer.modelsPending;
  return pending.length === 0 ? layer("good", "yes") : layer("not-yet", `without ${pending.join(", ")}`);
}
