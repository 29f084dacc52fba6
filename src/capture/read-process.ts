import { type Moment, momentAfter } from "../core/moment.ts";
import { publishable } from "../probes/message.ts";
import { type Entry, wholeField } from "./outline.ts";

/** A process that the script could see: of its own container, or of the pod where it shares its process namespace. */
export interface CapturedProcess {
  readonly pid: number;
  /** The kernel's short name of it, at most 15 characters. */
  readonly name: string;
  readonly startedAt: Moment;
}

/** Reads an entry `process`; its start is told in seconds since boot, as the capture's own time is. */
export function readProcess(entry: Entry, at: Moment): readonly CapturedProcess[] {
  const pid = wholeField(entry, "pid");
  const started = entry.fields.get("started") ?? "";
  if (entry.word !== "process" || pid === null || !/^\d{1,11}\.\d\d$/.test(started)) return [];
  const sinceBootMs = Math.round(Number(started) * 1000);
  return [
    {
      pid,
      name: publishable(entry.fields.get("text") ?? ""),
      startedAt: momentAfter(at, sinceBootMs - at.monotonicMs),
    },
  ];
}
