/** What the script prints of one target, by the parts that a test may want otherwise. */
export interface CaptureTextParts {
  /** Resets that the kernel sends in each burst on the port, and in each control. */
  readonly resets?: number;
  readonly controlResets?: number;
  /** Rows of the LISTEN table on port 9000 before and after each burst. */
  readonly before?: readonly string[];
  readonly after?: readonly string[];
}

/** A row of a socket on 127.0.0.1:9000 with that inode, as the script prints it. */
export function rowOf(inode: number, address = "0100007F"): string {
  return `0: ${address}:2328 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 ${inode}`;
}

/** The capture of a port 9000 that refuses, as the script prints it. */
export function captureText({ resets = 3, controlResets = 3, before = [], after = before }: CaptureTextParts): string {
  const burst = (kind: "target" | "control", up: string, sent: number) => [
    `burst kind=${kind} address=127.0.0.1 port=${kind === "target" ? 9000 : 61136} attempts=3 wall=1795530${up} up=${up}`,
    ...[135, 34, 33].map((us) => `  try status=1 us=${us} text=Connection refused`),
    "  counters when=before OutRsts=6616 AttemptFails=1359 InDestUnreachs=1",
    `  counters when=after OutRsts=${6616 + sent} AttemptFails=1362 InDestUnreachs=1`,
  ];
  const rows = (when: string, found: readonly string[]) => [
    `rows when=${when} port=9000`,
    ...found.map((row) => `  row ${row}`),
    "  table cut=0 unread=",
  ];
  const lines = [
    "readiness-gate-capture v1",
    "# Facts, one a line, for: readiness-gate diagnose --from FILE",
    "at wall=1795530318.153860 up=318.97",
    "bash 5.1.8(1)-release",
    "kernel 5.14.0-503.el9.x86_64",
    "netns 4026532011",
    "ephemeral 32768 60999",
    "address 127.0.0.1",
    "address 10.42.1.7",
    "address fd00:0000:0000:0000:0000:0000:0000:0007",
    "process pid=1 started=300.05 text=rclone",
    ...rows("all", [...before, rowOf(539, "00000000").replace(":2328", ":07E8")]),
    "control port=61136",
    "target name=http url=http://127.0.0.1:9000/v2/health/ready",
    "began wall=1795530319.060000 up=319.06",
    "path address=127.0.0.1 role=target",
    ...rows("before", before),
    "connect",
    "  failed us=183 text=Connection refused",
    ...burst("target", "319.09", resets),
    ...rows("after", after),
    ...burst("control", "319.12", controlResets),
    ...rows("before", before),
    ...burst("target", "319.47", resets),
    ...rows("after", after),
    ...burst("control", "319.50", controlResets),
    "path address=10.42.1.7 role=evidence",
    ...rows("before", before),
    "connect",
    "  connected us=218",
    ...rows("end", after),
    "ended wall=1795530319.57 up=319.57 stalled-us=1526",
    "end cut=0",
  ];
  return `${lines.join("\n")}\n`;
}
