import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** A directory that stands for `/proc`, with files that a test writes; gone when the test has finished. */
export interface FakeProc {
  readonly root: string;
  write(path: string, text: string): void;
  remove(path: string): void;
}

export function newFakeProc(): FakeProc {
  const root = mkdtempSync(join(tmpdir(), "readiness-gate-proc-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return {
    root,
    write: (path, text) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    },
    remove: (path) => rmSync(join(root, path), { force: true }),
  };
}
