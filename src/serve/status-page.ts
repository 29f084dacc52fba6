import type { Snapshot, SnapshotTarget } from "../core/snapshot.ts";

/** The page's whole style; the listener allows it by its hash, and no other. */
export const STATUS_PAGE_STYLE = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.4rem .8rem .4rem 0;border-bottom:1px solid #8886}
code{font-family:ui-monospace,monospace;overflow-wrap:anywhere}`;

/** Makes the status page: no script, no outside resource, and every text of the gate and its targets escaped. */
export function statusPage(snapshot: Snapshot): string {
  const { verdict, ready, phase, now } = snapshot;
  const state = ready ? "open" : "closed";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="5">
<title>Gate ${state}: ${escapeHtml(verdict.code)}</title>
<style>${STATUS_PAGE_STYLE}</style>
</head>
<body>
<h1>The gate is ${state}</h1>
<p>Phase <code>${escapeHtml(phase)}</code>, as of ${time(now)}.</p>
<p><strong>${escapeHtml(verdict.target)} ${escapeHtml(verdict.code)}</strong> (${escapeHtml(verdict.class)}): ${escapeHtml(verdict.summary)}</p>
<p>${escapeHtml(verdict.remedy)}</p>
<table>
<thead><tr><th scope="col">Target</th><th scope="col">Ready</th><th scope="col">Verdict</th><th scope="col">Since</th></tr></thead>
<tbody>
${snapshot.targets.map(row).join("\n")}
</tbody>
</table>
<p><a href="/status">Snapshot (JSON)</a> · <a href="/events">Events (stream)</a> · <a href="/journal">Journal (JSON lines)</a></p>
</body>
</html>
`;
}

/** Makes text safe inside an element and inside a quoted attribute. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

function row({ name, url, required, ready, verdict }: SnapshotTarget): string {
  const note = required ? "" : " (not required)";
  return `<tr><th scope="row">${escapeHtml(name)}${note}<br><code>${escapeHtml(url)}</code></th><td>${ready ? "yes" : "no"}</td>\
<td><code>${escapeHtml(verdict.code)}</code> ${escapeHtml(verdict.summary)}</td><td>${time(verdict.since)}</td></tr>`;
}

function time(iso: string): string {
  return `<time datetime="${escapeHtml(iso)}">${escapeHtml(iso)}</time>`;
}
