import type { GatePolicy } from "../core/policy.ts";
import type { Target } from "../core/target.ts";

/** Log levels, quietest first. */
export type LogLevel = "silent" | "fatal" | "error" | "warn" | "info" | "debug" | "trace";

/** An address to listen on. */
export interface ListenAddress {
  /** null: all addresses of both families, IPv4 alone where IPv6 is off. */
  readonly host: string | null;
  /** 0 lets the kernel choose (tests). */
  readonly port: number;
}

/** Where a setting's value came from. */
export type SettingSource = "flag" | "environment" | "file" | "preset" | "default";

/** The effective settings: validated, defaults and presets filled in. Durations in milliseconds. */
export interface Settings {
  readonly preset: "seldon" | "mlserver" | "triton" | "none";
  readonly targets: readonly Target[];
  readonly policy: GatePolicy;
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
  /** Models that must be ready too before the gate first opens. */
  readonly models: readonly string[];
  readonly drainMs: number;
  readonly listen: ListenAddress;
  /** null: off. */
  readonly grpcListen: ListenAddress | null;
  /** null: off. */
  readonly adminListen: ListenAddress | null;
  /** Path; null: off. */
  readonly journal: string | null;
  /** Path; null: off. */
  readonly terminationLog: string | null;
  /** Further addresses of the pod to try for evidence; null: found from the interfaces. */
  readonly podIps: readonly string[] | null;
  readonly logLevel: LogLevel;
}
