import { inject } from "../kubernetes/inject.ts";
import type { DocumentOptions } from "../kubernetes/inject-document.ts";
import type { Mode, Variable } from "../kubernetes/sidecar.ts";
import type { PresetName } from "../settings/presets.ts";
import { EXIT } from "./exit-codes.ts";
import { runInLargerHeap } from "./larger-heap.ts";
import { UsageError } from "./usage-error.ts";

/** The command's flags. */
export interface InjectFlags {
  readonly image: string;
  readonly mode: Mode;
  readonly preset: PresetName;
  readonly native: boolean;
  readonly all: boolean;
  readonly selector: readonly string[];
  readonly serverContainer?: string;
  readonly env: readonly string[];
}

const LONGEST_INPUT_MIB = 64;
const LONGEST_INPUT_BYTES = LONGEST_INPUT_MIB * 1024 * 1024;
const LABEL = /^([A-Za-z0-9._/-]{1,317})=([A-Za-z0-9._-]{0,63})$/;
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s;
const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Reads manifests from standard input and writes them with the gate added. Nothing is written unless all of them were
 * read without an error.
 *
 * @returns the exit code
 * @throws {UsageError} for flags that mean nothing and for manifests that cannot be read
 */
export async function injectManifests(flags: InjectFlags): Promise<number> {
  const options = optionsOf(flags);
  if (process.stdin.isTTY)
    throw new UsageError("inject reads manifests from standard input: helm template … | readiness-gate inject");
  const elsewhere = await runInLargerHeap();
  if (elsewhere !== null) return elsewhere;
  const result = await inject(textOf(await readInput()), options);
  if (!result.ok)
    throw new UsageError(`nothing was written:\n${result.problems.map((line) => `  ${line}`).join("\n")}`);
  for (const part of result.parts()) await write(part);
  const summary = result.count === 0 ? "no pod got the gate" : `${result.count} got the gate`;
  process.stderr.write([...result.notes, summary].map((line) => `readiness-gate: ${line}\n`).join(""));
  return EXIT.ok;
}

function optionsOf(flags: InjectFlags): DocumentOptions {
  if (!/^[^\s\p{C}]{1,512}$/u.test(flags.image)) throw new UsageError("--image takes the name of an image");
  if (flags.serverContainer !== undefined && !NAME.test(flags.serverContainer)) {
    throw new UsageError(`--server-container takes a container's name, not ${JSON.stringify(flags.serverContainer)}`);
  }
  const variables = flags.env.map(variableOf);
  if (flags.preset === "none" && !variables.some(({ name }) => name === "GATE_TARGETS")) {
    throw new UsageError("--preset none needs targets: --env 'GATE_TARGETS=name=url …'");
  }
  return {
    name: "stdin",
    image: flags.image,
    preset: flags.preset,
    isNative: flags.native,
    serverContainer: flags.serverContainer ?? null,
    variables,
    selection: { isAll: flags.all, labels: labelsOf(flags.selector), mode: flags.mode },
  };
}

function variableOf(text: string): Variable {
  const [, name, value] = VARIABLE.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new UsageError(`--env takes NAME=VALUE, not ${JSON.stringify(text)}`);
  }
  return { name, value };
}

function labelsOf(selectors: readonly string[]): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  for (const text of selectors.flatMap((selector) => selector.split(","))) {
    const [, key, value] = LABEL.exec(text.trim()) ?? [];
    if (key === undefined || value === undefined) {
      throw new UsageError(`--selector takes key=value, not ${JSON.stringify(text)}`);
    }
    labels.set(key, value);
  }
  return labels;
}

async function readInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LONGEST_INPUT_BYTES) {
      throw new UsageError(`nothing was written: stdin is longer than ${LONGEST_INPUT_MIB} MiB`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A byte order mark stays in the text, so that it is written again. */
function textOf(input: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(input);
  } catch {
    throw new UsageError("nothing was written: stdin is no UTF-8 text");
  }
}

/** Ends when the reader has taken the text, or is gone: that it closed its end is no error here. */
function write(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(text, () => resolve());
  });
}
