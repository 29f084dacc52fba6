import { createCourse } from "./course.ts";
import { createGrpcSide } from "./grpc-side.ts";
import { createHttpSide } from "./http-side.ts";
import type { PerSide, PhaseListener, PhaseRecord, StandInPorts } from "./phases.ts";
import { type GrpcFault, type HttpFault, parseStandInPlan, type StandInPlan, type StandInPlanInput } from "./plan.ts";
import type { ServerWord, Side } from "./side.ts";

/** A stand-in inference server that is under way. */
export interface StandIn extends Pick<PhaseRecord, "phase" | "becameReadyAt" | "reached"> {
  ports(): StandInPorts;
  /** Ends the present phase now. */
  advance(): void;
  /** What it says of itself; before it answers, what it will say. Overrides the plan's time. */
  setReady(isReady: boolean): void;
  /** Registers a model, or changes whether it is ready. */
  setModelReady(name: string, isReady: boolean): void;
  /** Does nothing without an HTTP side. */
  setHttpFault(fault: HttpFault | null): void;
  /** Does nothing without a gRPC side. */
  setGrpcFault(fault: GrpcFault | null): void;
  /** Connections accepted so far. */
  connectionsSeen(): PerSide<number>;
  /** Requests and calls received so far. */
  questionsSeen(): PerSide<number>;
  /** Stops listening and drops every connection. */
  close(): Promise<void>;
}

interface Sides {
  readonly http: Side<HttpFault> | null;
  readonly grpc: Side<GrpcFault> | null;
}

function createSides(plan: StandInPlan, word: ServerWord): Sides {
  const { host, backlog, httpPort, grpcPort, hasHealthService, httpFault, grpcFault } = plan;
  const http = httpPort === null ? null : createHttpSide({ host, backlog, port: httpPort }, word, httpFault);
  const grpcOptions = { fault: grpcFault, hasHealthService };
  const grpc = grpcPort === null ? null : createGrpcSide({ host, backlog, port: grpcPort }, word, grpcOptions);
  return { http, grpc };
}

/**
 * Starts a stand-in in this process. Resolves once its ports are bound, or at once when the plan delays the bind.
 *
 * @throws Error for a bad plan, and when an undelayed bind fails; a delayed one makes `reached` reject.
 */
export async function startStandIn(
  input: StandInPlanInput,
  onPhase: PhaseListener = () => undefined,
): Promise<StandIn> {
  const plan = parseStandInPlan(input);
  const models = new Map(Object.entries(plan.models));
  const { http, grpc } = createSides(plan, {
    isReady: () => course.record.phase() === "ready",
    isModelReady: (name) => models.get(name),
  });
  const ports = () => ({ http: http?.port() ?? null, grpc: grpc?.port() ?? null });
  const course = createCourse(plan, {
    onPhase: (phase, wallMs) => onPhase(phase, wallMs, ports()),
    bind: async () => {
      // gRPC first, as MLServer binds.
      await grpc?.listen();
      await http?.listen();
    },
    answer: () => {
      http?.answer();
      grpc?.answer();
    },
    release: async () => {
      await Promise.all([http?.close(), grpc?.close()]);
    },
  });
  await course.start();
  if (plan.bindAfterMs === 0) {
    await course.record.reached("bound");
  }
  return {
    ...course.record,
    advance: course.advance,
    setReady: course.setReady,
    ports,
    setModelReady: (name, isReady) => models.set(name, isReady),
    setHttpFault: (fault) => http?.setFault(fault),
    setGrpcFault: (fault) => grpc?.setFault(fault),
    connectionsSeen: () => ({ http: http?.connectionsSeen() ?? 0, grpc: grpc?.connectionsSeen() ?? 0 }),
    questionsSeen: () => ({ http: http?.questionsSeen() ?? 0, grpc: grpc?.questionsSeen() ?? 0 }),
    close: () => course.stop(new Error("The stand-in was closed")),
  };
}
