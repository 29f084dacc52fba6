/** What the gate's own canary saw of a loopback address; `absent` where the address does not exist (IPv6 off). */
export type LoopbackState = "ok" | "failed" | "absent";
