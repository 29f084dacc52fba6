import type { Snapshot, SnapshotFinding, SnapshotListener } from "../../core/snapshot.ts";
import { between, inWords } from "../../report/time-words.ts";
import { type Content, type ElementPiece, h } from "./piece.ts";
import type { PageState } from "./state.ts";
import { table } from "./table-view.ts";
import { evidenceList, proseOf, timePiece } from "./words.ts";

/** Sockets that are listed: on a large pod the rest is in the snapshot. */
const LISTENERS_SHOWN = 64;

/** Every listening socket of the pod, and whose it is as far as the gate can tell. */
export function listenersSection(snapshot: Snapshot): ElementPiece {
  const sockets = [...snapshot.listeners].sort((a, b) => a.port - b.port);
  const rest = sockets.length - LISTENERS_SHOWN;
  return h(
    "section",
    { class: "listeners", "aria-labelledby": "listeners" },
    h("h2", { id: "listeners" }, "Listening sockets"),
    sockets.length === 0
      ? h("p", { class: "none" }, "The table of listening sockets shows none, or cannot be read here.")
      : table({
          className: "sockets",
          caption: "Sockets that listen in the pod",
          columns: ["Port", "Address", "User", "For"],
          rows: sockets
            .slice(0, LISTENERS_SHOWN)
            .map((socket) => [
              String(socket.port),
              h("code", {}, socket.address),
              String(socket.uid),
              whose(socket, snapshot),
            ]),
        }),
    rest > 0 && h("p", { class: "none" }, `${rest} more are in the snapshot.`),
  );
}

function whose({ own, port }: SnapshotListener, { targets }: Snapshot): string {
  if (own) return "this gate";
  const names = targets.filter(({ bind }) => bind.some((socket) => socket.port === port)).map(({ name }) => name);
  return names.length === 0 ? "–" : names.join(", ");
}

/** What is worth knowing but moves nothing, and what is wrong with the gate itself; null where there is nothing. */
export function findingsSection({ findings, warnings }: Snapshot): ElementPiece | null {
  if (findings.length === 0 && warnings.length === 0) return null;
  return h(
    "section",
    { class: "findings", "aria-labelledby": "findings" },
    h("h2", { id: "findings" }, "Findings and warnings"),
    warnings.map((warning) => h("p", { class: "warning" }, h("b", {}, "Warning: "), warning)),
    findings.map(findingBlock),
  );
}

function findingBlock({ code, target, summary, remedy, evidence }: SnapshotFinding): ElementPiece {
  return h(
    "article",
    { class: "finding", "data-key": `${code} ${target}` },
    h("h3", {}, h("code", {}, code), target !== "" && ` ${target}`),
    h("p", {}, summary),
    h("p", {}, proseOf(remedy)),
    evidence.length > 0 && h("details", {}, h("summary", {}, `Evidence of ${code}`), evidenceList(evidence)),
  );
}

/** What the gate knows of its own place. */
export function gateSection({ snapshot, now }: PageState): ElementPiece {
  const { startedAt, netns, loopback, evidenceSources } = snapshot;
  const facts: readonly (readonly [string, Content])[] = [
    ["Started", [timePiece(startedAt), `, ${inWords(between(startedAt, now))} ago`]],
    ["Own loopback", `IPv4 ${loopback.ipv4 ?? "not tried"}, IPv6 ${loopback.ipv6 ?? "not tried"}`],
    ["Network namespace", String(netns ?? "not told")],
    ["Listen table", evidenceSources.listenTable],
    ["Counters of resets", evidenceSources.resetCounters],
    ["Counters of ICMP", evidenceSources.icmpCounters],
  ];
  return h(
    "section",
    { class: "about", "aria-labelledby": "about" },
    h("h2", { id: "about" }, "The gate itself"),
    h(
      "dl",
      {},
      facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
    ),
  );
}
