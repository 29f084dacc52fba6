import type { SnapshotTarget } from "../../core/snapshot.ts";
import { startWords } from "../../report/start-words.ts";
import { between, inWords } from "../../report/time-words.ts";
import { type Lane, laneOf, type Mark } from "./lane.ts";
import { hatchPatterns, lanePicture, legend, markList } from "./lane-view.ts";
import { type ElementPiece, h, type Piece } from "./piece.ts";
import type { PageState } from "./state.ts";
import { RECENT_MS, type TimeWindow, type WindowName, windowOf } from "./window.ts";
import { classChip, counted, evidenceList, proseOf, sentence, timePiece } from "./words.ts";

interface TargetContext {
  readonly state: PageState;
  readonly window: TimeWindow;
  readonly lane: Lane;
  readonly gateChanges: readonly Mark[];
}

/** Each target: its verdict, its lane over time, its addresses by layer, and all the rest folded in. */
export function targetsSection(state: PageState): ElementPiece {
  const { snapshot, transitions, now } = state;
  const window = windowOf(snapshot, now, state.window);
  const gateChanges = transitions.flatMap((one) => {
    return one.kind === "gate" ? [{ at: Date.parse(one.at), sign: "", name: one.to.phase }] : [];
  });
  const lanes = snapshot.targets.map((target) => laneOf(target, transitions, Date.parse(now)));
  return h(
    "section",
    { class: "targets", "aria-labelledby": "targets" },
    h(
      "div",
      { class: "section-head" },
      h("h2", { id: "targets" }, "Targets over time"),
      legend(lanes, gateChanges.length > 0),
      windowChoice(state, window),
    ),
    hatchPatterns(),
    snapshot.targets.map((target, index) => {
      const lane = lanes[index] ?? { stretches: [], marks: [] };
      return targetBlock(target, { state, window, lane, gateChanges });
    }),
  );
}

const WINDOW_NAMES: Readonly<Record<WindowName, string>> = {
  start: "Start",
  recent: `Last ${inWords(RECENT_MS)}`,
  all: "All",
};

/** Which stretch of time to see; a choice only where there is one, and a script to follow it. */
function windowChoice({ snapshot, now, isScripted }: PageState, window: TimeWindow): ElementPiece | null {
  if (!isScripted || between(snapshot.startedAt, now) <= RECENT_MS) return null;
  const names = Object.keys(WINDOW_NAMES) as WindowName[];
  return h(
    "div",
    { class: "choice", role: "group", "aria-label": "Stretch of time" },
    names.map((name) =>
      h(
        "button",
        { type: "button", "data-action": `window-${name}`, "aria-pressed": String(name === window.name) },
        WINDOW_NAMES[name],
      ),
    ),
  );
}

function targetBlock(target: SnapshotTarget, context: TargetContext): ElementPiece {
  const { name, url, required, verdict, timeline } = target;
  const { lane, window, gateChanges, state } = context;
  const words = startWords(target, state.now);
  const since = timeline.firstProbeAt === null ? 0 : Date.parse(timeline.firstProbeAt);
  return h(
    "article",
    { class: "target", "data-key": `target-${name}`, "aria-labelledby": `target-${name}` },
    h(
      "header",
      {},
      h("h3", { id: `target-${name}` }, name),
      h("code", { class: "url" }, url),
      !required && h("small", {}, "not required"),
      h("p", { class: "verdict" }, classChip(verdict.class), " ", h("code", {}, verdict.code)),
    ),
    h("p", { class: "summary" }, verdict.summary),
    suspicionLine(target),
    lanePicture(lane, { window, name, gateChanges }),
    h(
      "div",
      { class: "under-lane" },
      markList(lane, since),
      words.length > 0 && h("p", { class: "start" }, sentence(words.join(", "))),
    ),
    more(target, state),
  );
}

function suspicionLine({ suspected }: SnapshotTarget): ElementPiece | null {
  if (suspected === null) return null;
  const looks = counted(suspected.looks, "look");
  return h(
    "p",
    { class: "suspected" },
    h("code", {}, suspected.code),
    ` is suspected since `,
    timePiece(suspected.since),
    `: ${looks} in a row failed. The verdict follows at the threshold.`,
  );
}

/** What stands behind the verdict; what the headline says of the same target is not said again. */
function more(target: SnapshotTarget, { snapshot, now }: PageState): ElementPiece {
  const { verdict, bind, attempts, lastError } = target;
  const isSaid = snapshot.verdict.target === target.name;
  const isFine = verdict.class === "ready";
  return h(
    "details",
    { class: "more" },
    h("summary", {}, `More about ${target.name}`),
    !isSaid && !isFine && h("p", {}, proseOf(verdict.remedy)),
    !isSaid && evidenceList(verdict.evidence),
    bind.length > 0 && evidenceList(bind.map((socket) => socketWords(socket, now))),
    h("p", {}, `${counted(attempts, "look")} so far; ${errorWords(target)}.`),
    lastError !== null && h("p", {}, "The last error, at ", timePiece(lastError.at), lastErrorWords(lastError)),
  );
}

function socketWords({ address, port, inode, uid, acceptQueue, since }: SnapshotTarget["bind"][number], now: string) {
  const waiting = acceptQueue === 0 ? "nothing waits" : `${counted(acceptQueue, "connection")} wait`;
  return `Socket ${inode} of user ${uid} on ${address} port ${port}, for ${inWords(between(since, now))}; ${waiting} in its accept queue.`;
}

function errorWords({ errors }: SnapshotTarget): string {
  const counts = Object.entries(errors).sort(([, a], [, b]) => b - a);
  return counts.length === 0 ? "no errors" : counts.map(([code, count]) => `${count} × ${code}`).join(", ");
}

function lastErrorWords({ layer, code, message }: NonNullable<SnapshotTarget["lastError"]>): readonly Piece[] {
  return [`, in layer ${layer}: `, h("code", {}, code), message === "" ? "." : ` ${message}`];
}
