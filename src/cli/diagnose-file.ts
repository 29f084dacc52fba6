import { createReadStream } from "node:fs";
import { isCapture } from "../capture/outline.ts";
import { type Capture, readCapture } from "../capture/read-capture.ts";
import { failingPaths } from "../core/failing-path.ts";
import { type GateState, newGate, onLook } from "../core/gate.ts";
import { isoTime } from "../core/moment.ts";
import { snapshotOf } from "../core/snapshot.ts";
import { isSnapshot } from "../core/snapshot-shape.ts";
import { readJournalText } from "../record/journal-text.ts";
import type { Settings } from "../settings/settings.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { recordedSurroundings } from "./recorded-surroundings.ts";
import { replayedJournal } from "./replayed-journal.ts";
import { UsageError } from "./usage-error.ts";

/** Twice what a journal has. */
const FILE_LIMIT = 4 * 1024 * 1024;

/**
 * Diagnoses from a file: a journal, a capture of the script that `capture` prints, or a snapshot; `-` is standard input.
 *
 * @throws {UsageError} when it cannot be read, or is none of them
 */
export async function diagnoseFile(name: string, settings: Settings): Promise<Diagnosis> {
  const text = await readText(name);
  if (isCapture(text)) return capturedDiagnosis(name, text, settings);
  if (!text.trimStart().startsWith("{")) throw noSuchFormat(name);
  return snapshotDiagnosis(name, text) ?? replayedJournal(name, withOlder(name, text), settings);
}

async function readText(name: string): Promise<string> {
  try {
    let text = "";
    const stream = name === "-" ? process.stdin : createReadStream(name);
    stream.setEncoding("utf8");
    for await (const chunk of stream) {
      text += chunk;
      if (text.length > FILE_LIMIT) throw new Error(`it is longer than ${FILE_LIMIT} characters`);
    }
    return text;
  } catch (error) {
    throw new UsageError(`${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function noSuchFormat(name: string): UsageError {
  return new UsageError(
    `${name} is neither a journal (GATE_JOURNAL), nor a capture (readiness-gate capture --print-script), nor a snapshot (GET /status)`,
  );
}

/** A journal is two files: what came before is in the one with `.1`. */
function withOlder(name: string, text: string): string {
  if (name === "-") return text;
  const journal = readJournalText(name);
  return journal.ok ? journal.text : text;
}

function snapshotDiagnosis(name: string, text: string): Diagnosis | null {
  try {
    const value: unknown = JSON.parse(text);
    if (!isSnapshot(value)) return null;
    return {
      snapshot: value,
      origin: [`From the snapshot in ${name}.`],
      notes: [],
      failing: [],
      kernel: null,
      measure: null,
    };
  } catch {
    // More than one line of JSON: a journal, which its own reader judges.
    return null;
  }
}

function capturedDiagnosis(name: string, text: string, settings: Settings): Diagnosis {
  const read = readCapture(text);
  const problems = read.problems.map(({ line, message }) => (line === 0 ? message : `line ${line}: ${message}`));
  if (!read.ok) throw new UsageError(`the capture ${name} cannot be read: ${problems.join("; ")}`);
  const state = stateOf(read.capture, settings);
  const { capture } = read;
  const listeners = (capture.listeners ?? []).map(({ address, port, uid }) => ({ address, port, uid, own: false }));
  const at = capture.targets.at(-1)?.look.ended ?? capture.at;
  const found = { netns: capture.netns, listeners, hasIpv6: capture.addresses.some((one) => one.includes(":")) };
  return {
    snapshot: snapshotOf(state, recordedSurroundings(state, at, { ...found, preset: settings.preset }), at),
    origin: [
      `A replay of the capture ${name}, taken at ${isoTime(capture.at)}: one look without memory, by bash; nothing was looked at just now.`,
      ...(capture.isComplete ? [] : ["The capture is not complete."]),
    ],
    notes: problems.map((problem) => `Not read: ${problem}.`),
    history: capture.processes.map(({ name: process, startedAt }) => `${process} was started at ${isoTime(startedAt)}`),
    failing: failingPaths(state),
    kernel: capture.kernel,
    measure: null,
  };
}

/** The gate that would have seen what was captured. */
function stateOf({ targets, at }: Capture, { policy }: Settings): GateState {
  const start = newGate(
    targets.map(({ target }) => target),
    policy,
    at,
  );
  return targets.reduce((state, { target, look }) => onLook(state, target.name, look).state, start);
}
