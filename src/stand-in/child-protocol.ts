import * as z from "zod";
import { PHASES, type StandInPhase, type StandInPorts } from "./phases.ts";
import { GRPC_FAULTS, type GrpcFault, HTTP_FAULTS, type HttpFault } from "./plan.ts";

/** Longest block of the event loop that a child obeys, in milliseconds: a mistyped one must not outlive its test. */
const LONGEST_BLOCK_MS = 600_000;

/** What the parent may tell a stand-in in a child process; several fields are obeyed in the order below. */
export interface StandInControl {
  readonly httpFault?: HttpFault | null;
  readonly grpcFault?: GrpcFault | null;
  readonly models?: Readonly<Record<string, boolean>>;
  readonly ready?: boolean;
  /** Ends the present phase. */
  readonly advance?: true;
  /** Blocks the event loop for so many milliseconds: nothing is accepted and the accept queues fill. */
  readonly block?: number;
}

/** What a child tells its parent. */
export type StandInReport =
  | { readonly phase: StandInPhase; readonly wallMs: number; readonly ports: StandInPorts }
  | { readonly failure: string };

const controlSchema = z.strictObject({
  httpFault: z.enum(HTTP_FAULTS).nullable().exactOptional(),
  grpcFault: z.enum(GRPC_FAULTS).nullable().exactOptional(),
  models: z.record(z.string().min(1), z.boolean()).exactOptional(),
  ready: z.boolean().exactOptional(),
  advance: z.literal(true).exactOptional(),
  block: z.int().min(0).max(LONGEST_BLOCK_MS).exactOptional(),
});

const portSchema = z.int().nullable();
const reportSchema = z.union([
  z.object({ phase: z.enum(PHASES), wallMs: z.number(), ports: z.object({ http: portSchema, grpc: portSchema }) }),
  z.object({ failure: z.string() }),
]);

/**
 * Reads a message from the parent.
 *
 * @throws Error for anything but a control.
 */
export function readControl(message: unknown): StandInControl {
  const parsed = controlSchema.safeParse(message);
  if (!parsed.success) {
    throw new Error(`Bad stand-in control: ${z.prettifyError(parsed.error)}`);
  }
  return parsed.data;
}

/** Reads a message from the child; null when it is none of ours (a loader's, say). */
export function readReport(message: unknown): StandInReport | null {
  return reportSchema.safeParse(message).data ?? null;
}
