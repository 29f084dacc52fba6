import type { Snapshot } from "../../../core/snapshot.ts";
import type { TransitionJson } from "../../../core/transition-json.ts";
import { iconOf } from "../icon.ts";
import { withLooks } from "../latency.ts";
import { barPieces, mainPieces } from "../page-view.ts";
import type { PageState } from "../state.ts";
import { mergedTransitions } from "../transitions.ts";
import type { WindowName } from "../window.ts";
import { titleOf } from "../words.ts";
import { listenToGate } from "./connection.ts";
import { copyText } from "./copy.ts";
import { show } from "./show.ts";

const TICK_MS = 1000;
const NOTICE_MS = 4000;

/** Null until the gate has been heard of: what the server has written stands until then. */
let state: PageState | null = null;
let isStale = false;
let notice = "";
/** When the snapshot came, on the browser's own monotonic clock. */
let heardAt = 0;

function onSnapshot(snapshot: Snapshot): void {
  heardAt = performance.now();
  const isSameGate = state?.snapshot.startedAt === snapshot.startedAt;
  const { transitions, latencies } = isSameGate && state !== null ? state : { transitions: [], latencies: {} };
  state = {
    snapshot,
    transitions,
    latencies: withLooks(latencies, snapshot),
    now: snapshot.now,
    window: state?.window ?? null,
    isScripted: true,
  };
  render();
}

function onTransitions(transitions: readonly TransitionJson[]): void {
  if (state === null) return;
  const { snapshot, latencies } = state;
  state = {
    ...state,
    transitions: mergedTransitions(state.transitions, transitions),
    latencies: withLooks(latencies, snapshot, transitions),
  };
  render();
}

function render(): void {
  if (state === null) return;
  const { snapshot, now } = state;
  show(element("bar"), barPieces({ isStale, asOf: now }, notice));
  show(element("main"), mainPieces(state));
  document.body.classList.toggle("is-stale", isStale);
  const title = `${isStale ? "(stale) " : ""}${titleOf(snapshot)}`;
  if (document.title !== title) document.title = title;
  const icon = document.querySelector("link[rel=icon]");
  if (icon?.getAttribute("href") !== iconOf(snapshot)) icon?.setAttribute("href", iconOf(snapshot));
}

/** Ages go on between snapshots, by the gate's own time; nobody sees them on a hidden page. */
function tick(): void {
  if (state === null || isStale || document.hidden) return;
  const nowMs = Date.parse(state.snapshot.now) + performance.now() - heardAt;
  state = { ...state, now: new Date(nowMs).toISOString() };
  render();
}

async function copySnapshot(): Promise<void> {
  if (state === null) return;
  notice = await copyText(JSON.stringify(state.snapshot, null, 2));
  render();
  setTimeout(() => {
    notice = "";
    render();
  }, NOTICE_MS);
}

function onAction(action: string): void {
  if (action === "copy") void copySnapshot();
  const [, window] = /^window-(all|start|recent)$/.exec(action) ?? [];
  if (window === undefined || state === null) return;
  state = { ...state, window: window as WindowName };
  render();
}

function element(id: string): Element {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element ${id}`);
  return found;
}

document.addEventListener("click", ({ target }) => {
  const button = target instanceof Element ? target.closest("[data-action]") : null;
  if (button !== null) onAction(button.getAttribute("data-action") ?? "");
});
listenToGate({
  onSnapshot,
  onTransition: (transition) => onTransitions([transition]),
  onJournal: onTransitions,
  onLink: (isNowStale) => {
    isStale = isNowStale;
    render();
  },
});
setInterval(tick, TICK_MS);
