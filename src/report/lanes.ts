import type { Snapshot } from "../core/snapshot.ts";
import { laneLines, spanOf } from "./lane.ts";
import type { ReportStyle } from "./report-style.ts";

const NAME_WIDTH = 10;

/** The lanes of all targets over one span of time, each behind its target's name. */
export function lanesOf({ targets, now }: Pick<Snapshot, "targets" | "now">, style: ReportStyle): readonly string[] {
  const span = spanOf(targets, now);
  return targets.flatMap(({ name, timeline }) => {
    const lines = laneLines(timeline, span, { ...style, indent: NAME_WIDTH });
    return lines.map((line, index) => `${(index === 0 ? name : "").padEnd(NAME_WIDTH)}${line}`);
  });
}
