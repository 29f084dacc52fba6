import { closeSync, constants, ftruncateSync, openSync, writeSync } from "node:fs";

/** The kubelet keeps no more of a termination message (Kubernetes, "Determine the Reason for Pod Failure"). */
export const TERMINATION_LOG_BYTES = 4096;

/**
 * Replaces the text of the termination log in place: the file is a bind mount, which cannot be renamed over. One that a
 * setting names and that does not exist is created.
 *
 * @returns why it could not be written, or null
 */
export function writeTerminationLog(path: string, text: string): string | null {
  try {
    const descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o644);
    try {
      const bytes = cut(text);
      ftruncateSync(descriptor, 0);
      writeSync(descriptor, bytes, 0, bytes.length, 0);
    } finally {
      closeSync(descriptor);
    }
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** At most {@link TERMINATION_LOG_BYTES} of UTF-8, never half a character. */
function cut(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= TERMINATION_LOG_BYTES) return bytes;
  let end = TERMINATION_LOG_BYTES;
  // A byte 10xxxxxx continues a character (RFC 3629).
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}
