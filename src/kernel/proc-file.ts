import { closeSync, openSync, readSync } from "node:fs";

/** Reads the first bytes of one file, again and again, through one descriptor. */
export interface ProcFile {
  /**
   * The text of the file from its start, as the kernel makes it anew at this read; null when it cannot be read. Stops
   * after the first chunk for which `isEnough`, shown that one and the one before, says so, and at 1 MiB in any case.
   */
  read(isEnough?: (end: string) => boolean): string | null;
  close(): void;
}

const CHUNK_BYTES = 4096;
const LIMIT_BYTES = 1024 * 1024;

/**
 * Opens a file of `/proc` for repeated, synchronous reads: what the kernel counts must be read in the same turn of the
 * event loop as what it is compared with. A file that cannot be opened reads as null, and is tried again at each read.
 */
export function openProcFile(path: string): ProcFile {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let descriptor: number | null = null;
  const close = () => {
    if (descriptor !== null) closeSync(descriptor);
    descriptor = null;
  };
  const read: ProcFile["read"] = (isEnough = () => false) => {
    try {
      descriptor ??= openSync(path, "r");
      return readFromStart(descriptor, chunk, isEnough);
    } catch {
      // Absent (macOS), hidden by a sandbox, or out of descriptors: the caller goes on without this evidence.
      close();
      return null;
    }
  };
  return { read, close };
}

function readFromStart(descriptor: number, chunk: Buffer, isEnough: (end: string) => boolean): string {
  let text = "";
  let before = "";
  for (let position = 0; position < LIMIT_BYTES; ) {
    const count = readSync(descriptor, chunk, 0, CHUNK_BYTES, position);
    if (count === 0) break;
    const latest = chunk.toString("latin1", 0, count);
    text += latest;
    position += count;
    // Not the whole text: to look at it after each chunk would copy it each time, 100 ms for some thousand sockets.
    if (isEnough(before + latest)) break;
    before = latest;
  }
  return text;
}
