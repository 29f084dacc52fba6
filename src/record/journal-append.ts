import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  type Stats,
  writeSync,
} from "node:fs";
import type { Clock } from "../core/ports.ts";

/** A file that only grows at its end. All of it but the flushes is synchronous; each method throws what `node:fs` does. */
export interface AppendFile {
  /** Bytes in the file; 0 for what is no regular file. */
  size(): number;
  /** Whether the file still has a name: it may have been deleted meanwhile. */
  isLinked(): boolean;
  /** Appends a text in ASCII with one write. */
  append(text: string): void;
  truncate(): void;
  /** Flushes what is not yet on the disk and closes the file. */
  close(): void;
}

/** What is written is flushed to the disk this much later at most, and at most this often. */
export const FLUSH_EVERY_MS = 1_000;

const NEWLINE = 0x0a;
/** Not blocking: nobody may read the other end of a pipe. */
const FLAGS = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

/**
 * Opens or makes a file to append lines to. Where a line was cut off at its end, the next one begins on a line of its own.
 *
 * @param onFlushError told of a flush that failed
 * @throws what `node:fs` throws
 */
export function openAppendFile(path: string, clock: Clock, onFlushError: (error: Error) => void): AppendFile {
  const descriptor = openSync(path, FLAGS, 0o644);
  const isRegular = fstatSync(descriptor).isFile();
  const flusher = newFlusher(descriptor, clock, onFlushError);
  const stats = (): Stats => fstatSync(descriptor);
  let prefix = isRegular && isCutOff(descriptor, stats().size) ? "\n" : "";
  return {
    size: () => (isRegular ? stats().size : 0),
    isLinked: () => !isRegular || stats().nlink > 0,
    append: (text) => {
      const bytes = Buffer.from(prefix + text, "latin1");
      const written = writeSync(descriptor, bytes);
      if (isRegular) flusher.schedule();
      if (written < bytes.length) throw new Error("only a part of a line could be written: is the disk full?");
      prefix = "";
    },
    truncate: () => {
      ftruncateSync(descriptor, 0);
      prefix = "";
    },
    close: flusher.close,
  };
}

function isCutOff(descriptor: number, size: number): boolean {
  const last = Buffer.alloc(1);
  return size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && last[0] !== NEWLINE;
}

interface Flusher {
  schedule(): void;
  close(): void;
}

/** Flushes outside the event loop: a slow disk must not make the gate late. */
function newFlusher(descriptor: number, clock: Clock, onError: (error: Error) => void): Flusher {
  let cancel: (() => void) | null = null;
  let isFlushing = false;
  let isClosed = false;

  const flush = () => {
    cancel = null;
    // A slow disk is not asked twice at a time.
    if (isFlushing) return schedule();
    isFlushing = true;
    fdatasync(descriptor, (error) => {
      isFlushing = false;
      if (isClosed) closeSync(descriptor);
      else if (error) onError(error);
    });
  };
  const schedule = () => {
    cancel ??= clock.after(FLUSH_EVERY_MS, flush);
  };
  const close = () => {
    if (isClosed) return;
    isClosed = true;
    try {
      if (cancel !== null) fdatasyncSync(descriptor);
    } finally {
      cancel?.();
      // A descriptor that is being flushed is closed when that is done: its number may be given to another file.
      if (!isFlushing) closeSync(descriptor);
    }
  };
  return { schedule, close };
}
