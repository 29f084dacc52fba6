import type { MethodDefinition } from "@grpc/grpc-js";
import { fromJSON, type ServiceDefinition } from "@grpc/proto-loader";
import { descriptor } from "./descriptor.ts";

/** A request without fields. */
export type EmptyRequest = Record<string, never>;

/** `ServerLive`'s response; absent fields are filled in, so false is false and not missing. */
interface ServerLiveResponse {
  readonly live: boolean;
}

/** `ServerReady`'s response. */
interface ServerReadyResponse {
  readonly ready: boolean;
}

/** Which model is asked for. */
interface ModelReadyRequest {
  readonly name: string;
  /** Empty: the server chooses. */
  readonly version: string;
}

/** `ModelReady`'s response. */
interface ModelReadyResponse {
  readonly ready: boolean;
}

/** Which service is asked for; empty means the server as a whole. */
export interface HealthCheckRequest {
  readonly service: string;
}

/** States of `grpc.health.v1`; a number is a state that this version does not know. */
export type ServingStatus = "UNKNOWN" | "SERVING" | "NOT_SERVING" | "SERVICE_UNKNOWN" | number;

/** `Check`'s response, and each message of `Watch`. */
export interface HealthCheckResponse {
  readonly status: ServingStatus;
}

/** `List`'s response, by service name. */
export interface HealthListResponse {
  readonly statuses: Readonly<Record<string, HealthCheckResponse>>;
}

/** The calls of `inference.GRPCInferenceService` that say who is ready. */
export interface InferenceServiceDefinition {
  readonly ServerLive: MethodDefinition<EmptyRequest, ServerLiveResponse>;
  readonly ServerReady: MethodDefinition<EmptyRequest, ServerReadyResponse>;
  readonly ModelReady: MethodDefinition<ModelReadyRequest, ModelReadyResponse>;
}

/** The calls of `grpc.health.v1.Health`. */
export interface HealthServiceDefinition {
  readonly Check: MethodDefinition<HealthCheckRequest, HealthCheckResponse>;
  readonly List: MethodDefinition<EmptyRequest, HealthListResponse>;
  readonly Watch: MethodDefinition<HealthCheckRequest, HealthCheckResponse>;
}

const loaded = fromJSON(descriptor, { keepCase: true, longs: String, enums: String, defaults: true });

/** Full name of the Open Inference Protocol's service. */
export const inferenceServiceName = "inference.GRPCInferenceService";

/** Full name of the gRPC health service. */
export const healthServiceName = "grpc.health.v1.Health";

/** For a client's calls and for `Server.addService`. */
export const inferenceServiceDefinition = loaded[inferenceServiceName] as ServiceDefinition &
  InferenceServiceDefinition;

/** For a client's calls and for `Server.addService`. */
export const healthServiceDefinition = loaded[healthServiceName] as ServiceDefinition & HealthServiceDefinition;
