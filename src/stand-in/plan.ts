import * as z from "zod";

/** What the HTTP side can do wrong. */
export const HTTP_FAULTS = [
  "status-400",
  "status-404",
  "status-500",
  "status-503",
  "status-301",
  "silent",
  "reset",
  "close",
  "garbage",
  "endless-headers",
  "endless-body",
  "http2",
] as const;

/** What the gRPC side can do wrong. */
export const GRPC_FAULTS = [
  "unimplemented",
  "internal",
  "unknown-only-health",
  "not-serving",
  "silent",
  "settings-only",
  "reset",
  "close",
  "garbage",
  "http1",
] as const;

/**
 * A fault of the HTTP side.
 *
 * - `status-…`: every request gets that status (301 points at `/moved`, which answers 200).
 * - `silent`: accepts and answers nothing; what was asked is answered when the fault is lifted.
 * - `reset`, `close`: ends the connection by RST or FIN at the first bytes received.
 * - `garbage`: answers with bytes of no protocol.
 * - `endless-headers`, `endless-body`: an answer that never ends.
 * - `http2`: speaks gRPC on this port.
 */
export type HttpFault = (typeof HTTP_FAULTS)[number];

/**
 * A fault of the gRPC side.
 *
 * - `unimplemented`: every call ends UNIMPLEMENTED, the health service included.
 * - `internal`: every call ends INTERNAL.
 * - `unknown-only-health`: the inference service is UNIMPLEMENTED, `grpc.health.v1` answers.
 * - `not-serving`: the same, and the health service says NOT_SERVING.
 * - `silent`: accepts and answers nothing; what was asked is answered when the fault is lifted.
 * - `settings-only`: sends its HTTP/2 SETTINGS and answers no call until the fault is lifted.
 * - `reset`, `close`, `garbage`: as on the HTTP side.
 * - `http1`: speaks HTTP/1.1 on this port.
 */
export type GrpcFault = (typeof GRPC_FAULTS)[number];

/** Longest duration that a Node.js timer can hold, in milliseconds (2^31 - 1). */
const LONGEST_TIMER_MS = 2_147_483_647;

/** null: that phase ends only when told to. */
const phaseMs = z.int().min(0).max(LONGEST_TIMER_MS).nullable().default(0);
/** 0 lets the kernel choose; null leaves that side out. */
const port = z.int().min(0).max(65_535).nullable().default(0);

const planSchema = z
  .strictObject({
    host: z.string().min(1).default("127.0.0.1"),
    httpPort: port,
    grpcPort: port,
    bindAfterMs: phaseMs,
    answerAfterMs: phaseMs,
    readyAfterMs: phaseMs,
    httpFault: z.enum(HTTP_FAULTS).nullable().default(null),
    grpcFault: z.enum(GRPC_FAULTS).nullable().default(null),
    models: z.record(z.string().min(1), z.boolean()).default({}),
    hasHealthService: z.boolean().default(false),
    backlog: z.int().min(1).max(65_535).default(511),
  })
  .refine((plan) => plan.httpPort !== null || plan.grpcPort !== null, {
    error: "httpPort and grpcPort are both null: there is nothing to serve",
  });

/** A plan as people write it: every field may be left out. */
export type StandInPlanInput = z.input<typeof planSchema>;

/**
 * How a stand-in server behaves. Nothing in it is random: the same plan gives the same server.
 *
 * The three durations are phases in a row, in milliseconds; null makes a phase last until `advance`.
 */
export interface StandInPlan {
  /** Address to bind both ports on. */
  readonly host: string;
  /** 0 lets the kernel choose; null: no HTTP side. */
  readonly httpPort: number | null;
  /** 0 lets the kernel choose; null: no gRPC side. */
  readonly grpcPort: number | null;
  /** Until then nothing listens: MLServer's image unpacking, Python importing. */
  readonly bindAfterMs: number | null;
  /** From the bind until the first answer; connections complete and stay silent: an event loop busy importing a model. */
  readonly answerAfterMs: number | null;
  /** From the first possible answer until it says ready. */
  readonly readyAfterMs: number | null;
  readonly httpFault: HttpFault | null;
  readonly grpcFault: GrpcFault | null;
  /**
   * Registered models and whether each is ready. Unlike MLServer's, the server's own readiness does not follow from
   * theirs, so that each can be tried alone.
   */
  readonly models: Readonly<Record<string, boolean>>;
  /** Whether `grpc.health.v1.Health` is there too; MLServer has none. */
  readonly hasHealthService: boolean;
  /** `listen(2)` backlog of both sockets; at least 1, since Node.js takes 0 for its default. */
  readonly backlog: number;
}

/**
 * Checks a plan and fills in its defaults.
 *
 * @throws Error that names every bad field.
 */
export function parseStandInPlan(input: unknown): StandInPlan {
  const parsed = planSchema.safeParse(input);
  if (!parsed.success) {
    throw new Error(`Bad stand-in plan: ${z.prettifyError(parsed.error)}`);
  }
  return parsed.data;
}
