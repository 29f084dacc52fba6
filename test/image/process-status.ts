/** A field of `/proc/PID/status`, or "" when there is none. */
export function fieldOf(status: string, name: string): string {
  return new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1] ?? "";
}

/** A field of `/proc/PID/status` that is a size, in KiB. */
export function kibibytesOf(status: string, name: string): number {
  return Number.parseInt(fieldOf(status, name), 10);
}
