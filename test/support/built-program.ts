import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll } from "vitest";
import { ROOT } from "./source-files.ts";

/** Builds the program anew for the tests of a file, and takes it away after them. The path of its bundle. */
export function builtProgram(): string {
  const directory = mkdtempSync(join(tmpdir(), "readiness-gate-program-"));
  const bundle = join(directory, "readiness-gate.mjs");
  beforeAll(async () => {
    const build = join(ROOT, "scripts", "build.mjs");
    await promisify(execFile)(process.execPath, [build, join(ROOT, "src", "main.ts"), bundle]);
  }, 60_000);
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return bundle;
}
