import { readFileSync } from "node:fs";

/** The id that the kernel draws at each boot (random(4)); null where there is none. */
export function readBootId(procRoot: string): string | null {
  try {
    return readFileSync(`${procRoot}/sys/kernel/random/boot_id`, "latin1").trim();
  } catch {
    return null;
  }
}
