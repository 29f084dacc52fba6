import type { Snapshot, SnapshotFinding, SnapshotTarget, SnapshotVerdict } from "../core/snapshot.ts";
import { wrap } from "./explanation-text.ts";
import { laneLines, type Span, spanOf } from "./lane.ts";
import { matrixLines } from "./matrix.ts";
import { printable } from "./printable.ts";
import { NARROWEST, type Paints, paintsOf, type ReportStyle, type Signs, signsOf } from "./report-style.ts";
import { startWords } from "./start-words.ts";
import { between, inWords, timeOfDay } from "./time-words.ts";

/** What a report tells beside the snapshot. */
export interface ReportExtras {
  /** Where the snapshot comes from, one sentence each. */
  readonly origin: readonly string[];
  /** What else was seen, one sentence each, such as where a fresh look differs from the running gate. */
  readonly notes: readonly string[];
  /** What happened before, oldest first, one line each. */
  readonly history?: readonly string[];
}

/** What the parts of a report are made with. */
interface Pen extends ReportStyle {
  readonly paints: Paints;
  readonly signs: Signs;
  /** Makes a text safe to print. */
  readonly clean: (text: string) => string;
}

const INDENT = "  ";
/** The widest lane that still reads at a glance. */
const WIDEST = 120;

/**
 * A report for people: open or closed, then each target with its verdict, its addresses by layer, its past and its
 * evidence, then findings and surroundings. Lines carry no newline. Nothing of what servers said reaches the terminal
 * but printable characters.
 */
export function reportLines(snapshot: Snapshot, extras: ReportExtras, style: ReportStyle): readonly string[] {
  const pen: Pen = {
    ...style,
    width: Math.min(WIDEST, Math.max(NARROWEST, style.width)),
    paints: paintsOf(style),
    signs: signsOf(style),
    clean: (text) => printable(text, style.isUnicode),
  };
  const span = spanOf(snapshot.targets, snapshot.now);
  const parts = [
    headline(snapshot, extras, pen),
    ...snapshot.targets.map((target) => targetPart(target, { snapshot, span, pen })),
    ...snapshot.findings.map((finding) => findingPart(finding, pen)),
    historyPart(extras.history ?? [], pen),
    surroundingsPart(snapshot, pen),
  ];
  return parts.filter((lines) => lines.length > 0).flatMap((lines, index) => (index === 0 ? lines : ["", ...lines]));
}

function headline(snapshot: Snapshot, { origin, notes }: ReportExtras, pen: Pen): readonly string[] {
  const { ready, phase, verdict } = snapshot;
  const state = pen.paints.bold(pen.paints.verdict(ready ? "ready" : verdict.class, ready ? "OPEN" : "CLOSED"));
  const isPlain = ready && verdict.class === "ready";
  const saying = `${verdict.target} ${verdict.code} (${verdict.class}): ${verdict.summary}`;
  return [
    `The gate is ${state} (${pen.clean(phase)}).`,
    ...(isPlain ? [] : paragraph(saying, INDENT, pen)),
    ...(isPlain ? [] : labelled("what to do", verdict.remedy, pen)),
    ...[...origin, ...notes].flatMap((line) => bullet(line, pen)),
  ];
}

interface TargetContext {
  readonly snapshot: Snapshot;
  readonly span: Span;
  readonly pen: Pen;
}

function targetPart(target: SnapshotTarget, { snapshot, span, pen }: TargetContext): readonly string[] {
  const { paints, clean } = pen;
  const layout = { ...pen, indent: INDENT.length };
  const words = startWords(target, snapshot.now);
  return [
    rule(
      `${paints.bold(clean(target.name))} ${clean(target.url)}${target.required ? "" : " (not required)"}`,
      target,
      pen,
    ),
    ...verdictLines(target.verdict, snapshot.now, pen),
    ...suspicionLines(target, pen),
    ...(isRemedyNew(target, snapshot) ? labelled("what to do", target.verdict.remedy, pen) : []),
    ...indented(matrixLines(target, snapshot.evidenceSources, layout)),
    ...indented(laneLines(target.timeline, span, layout)),
    ...(words.length === 0 ? [] : paragraph(`${words.join(", ")}.`, INDENT, pen)),
    ...target.verdict.evidence.slice(0, EVIDENCE_SHOWN).flatMap((line) => bullet(line, pen)),
  ];
}

const EVIDENCE_SHOWN = 24;

/** What to do about a code is said once: in the headline, or with the first target that has it. */
function isRemedyNew(target: SnapshotTarget, { ready, verdict, targets }: Snapshot): boolean {
  const { code } = target.verdict;
  const isSaid = code === "READY" || (code === verdict.code && !(ready && verdict.class === "ready"));
  return !isSaid && targets.find((one) => one.verdict.code === code) === target;
}

/** A heading with a line to the right edge; the text may be painted, so its width is told by the plain parts. */
function rule(text: string, { name, url, required }: SnapshotTarget, { clean, signs, width, paints }: Pen): string {
  const length = clean(name).length + 1 + clean(url).length + (required ? 0 : " (not required)".length);
  const rest = width - length - 4;
  return `${paints.dim(signs.rule.repeat(2))} ${text}${rest > 0 ? ` ${paints.dim(signs.rule.repeat(rest))}` : ""}`;
}

function verdictLines(
  { code, class: verdictClass, summary, since }: SnapshotVerdict,
  now: string,
  pen: Pen,
): readonly string[] {
  const head = `${INDENT}${pen.paints.verdict(verdictClass, code)} (${verdictClass})`;
  const tail = pen.clean(`since ${timeOfDay(since)}, for ${inWords(between(since, now))}`);
  const isShort = INDENT.length + code.length + verdictClass.length + tail.length + 5 <= pen.width;
  const lines = isShort ? [`${head}, ${tail}`] : [head, `${INDENT}${tail}`];
  return [...lines, ...paragraph(summary, INDENT, pen)];
}

function suspicionLines({ suspected }: SnapshotTarget, pen: Pen): readonly string[] {
  if (suspected === null) return [];
  const { code, since, looks } = suspected;
  return paragraph(`Now ${code} is suspected, since ${timeOfDay(since)}, by ${looks} looks in a row.`, INDENT, pen);
}

function findingPart({ code, target, summary, remedy, evidence }: SnapshotFinding, pen: Pen): readonly string[] {
  const where = target === "" ? "" : ` (${pen.clean(target)})`;
  return [
    `${pen.paints.bold(pen.clean(code))}${where}`,
    ...paragraph(`${summary}.`, INDENT, pen),
    ...labelled("what to do", remedy, pen),
    ...evidence.slice(0, EVIDENCE_SHOWN).flatMap((line) => bullet(line, pen)),
  ];
}

function historyPart(history: readonly string[], pen: Pen): readonly string[] {
  if (history.length === 0) return [];
  return [pen.paints.bold("History"), ...history.flatMap((line) => bullet(line, pen))];
}

function surroundingsPart(snapshot: Snapshot, pen: Pen): readonly string[] {
  const { loopback, netns, evidenceSources, listeners, warnings } = snapshot;
  const canary = `loopback: IPv4 ${loopback.ipv4 ?? "not tried"}, IPv6 ${loopback.ipv6 ?? "not tried"}`;
  const sources = `listening sockets ${evidenceSources.listenTable}, counters of resets ${evidenceSources.resetCounters}, of ICMP ${evidenceSources.icmpCounters}`;
  const ports = [...new Set(listeners.filter(({ own }) => !own).map(({ port }) => port))].sort((a, b) => a - b);
  const shown = ports.slice(0, PORTS_SHOWN).join(", ") + (ports.length > PORTS_SHOWN ? ", …" : "");
  return [
    pen.paints.bold("Surroundings"),
    ...[
      canary,
      `network namespace ${netns ?? "not told"}`,
      `sources: ${sources}`,
      ...(ports.length === 0 ? [] : [`ports on which others listen: ${shown}`]),
      ...warnings.map((warning) => `warning: ${warning}`),
    ].flatMap((line) => bullet(line, pen)),
  ];
}

const PORTS_SHOWN = 32;

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `${INDENT}${line}`);
}

function labelled(label: string, text: string, pen: Pen): readonly string[] {
  return paragraph(`${label}: ${text}`, INDENT, pen);
}

function bullet(text: string, pen: Pen): readonly string[] {
  const lines = wrap(pen.clean(text), pen.width - 2 * INDENT.length);
  return lines.map((line, index) => `${INDENT}${index === 0 ? pen.signs.bullet : " "} ${line}`);
}

function paragraph(text: string, indent: string, pen: Pen): readonly string[] {
  return wrap(pen.clean(text), pen.width - indent.length).map((line) => indent + line);
}
