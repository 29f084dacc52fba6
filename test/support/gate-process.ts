import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, onTestFailed, onTestFinished, vi } from "vitest";
import { ask, type HttpReply } from "./http-ask.ts";

/** The built program; `npm test` builds it before these tests run. */
export const BUNDLE = fileURLToPath(new URL("../../dist/readiness-gate.mjs", import.meta.url));

/** A line of the log. */
export interface LogLine extends Readonly<Record<string, unknown>> {
  readonly time: string;
  readonly level: string;
  readonly msg: string;
}

/** The program as a child process of the running test. */
export interface GateProcess {
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Lines of the log on standard output. */
  log(): readonly LogLine[];
  kill(signal: NodeJS.Signals): void;
  /** Resolves with its exit code once all its output was read; null when a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** How to start the program. */
export interface GateProcessOptions {
  /** Added to nothing but `PATH`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Starts the built program; killed with the test. */
export function startProgram(args: readonly string[], { env = {}, cwd }: GateProcessOptions = {}): GateProcess {
  const child = spawn(process.execPath, [BUNDLE, ...args], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    ...(cwd === undefined ? {} : { cwd }),
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code));
  });
  onTestFailed(() => console.error(`--- readiness-gate ${args.join(" ")}\n${stdout}\n--- its errors\n${stderr}`));
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return {
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    log: () =>
      stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as LogLine),
    kill: (signal) => child.kill(signal),
    ended,
  };
}

/** What a command left behind. */
export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built program to its end. */
export async function runProgram(args: readonly string[], options: GateProcessOptions = {}): Promise<CommandResult> {
  const program = startProgram(args, options);
  const code = await program.ended;
  return { code, stdout: program.stdout(), stderr: program.stderr() };
}

/** Asks a listener until it answers. */
export async function askUntilUp(port: number, path: string): Promise<HttpReply> {
  return await vi.waitFor(() => ask(port, path), { timeout: 15_000, interval: 25 });
}

/** Waits for a line of the log. */
export async function untilLogged(gate: GateProcess, matches: (line: LogLine) => boolean): Promise<LogLine> {
  return await vi.waitFor(
    () => {
      const line = gate.log().find(matches);
      expect(line).toBeDefined();
      return line as LogLine;
    },
    { timeout: 15_000, interval: 25 },
  );
}
