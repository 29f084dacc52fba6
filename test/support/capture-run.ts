import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { captureScript } from "../../src/capture/script.ts";
import { parseTargetWord } from "../../src/settings/target-url.ts";

const BASH = ["/bin/bash", "/usr/bin/bash"].find((path) => existsSync(path)) ?? null;

/** Whether there is a bash to run the script with. */
export const HAS_BASH = BASH !== null;

/** What a run of the script printed. */
export interface CaptureRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The script for targets written as `name=url`, with no addresses to try for evidence unless named. */
export function scriptFor(words: readonly string[], podIps: readonly string[] | null = []): string {
  const targets = words.map((word) => {
    const parsed = parseTargetWord(word);
    if (!parsed.ok) throw new Error(parsed.problems.join("; "));
    return parsed.target;
  });
  return captureScript({ targets, podIps });
}

/**
 * Runs a script as `kubectl exec -i … -- bash -s` does, with an empty environment: a program that it called would not be
 * found, and be said on stderr.
 */
export function runScript(script: string, enter: readonly string[] = []): Promise<CaptureRun> {
  if (BASH === null) throw new Error("there is no bash here");
  const [file, ...args] = [...enter, "/usr/bin/env", "-i", "PATH=/nonexistent", BASH, "--norc", "-s"] as const;
  const child = spawn(file, args, { stdio: "pipe" });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin.end(script);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}
