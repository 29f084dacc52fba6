import { fileURLToPath } from "node:url";
import { fromJSON, loadSync } from "@grpc/proto-loader";
import { describe, expect, it } from "vitest";
import { descriptor } from "./descriptor.ts";
import { healthServiceDefinition, inferenceServiceDefinition } from "./services.ts";

const options = { keepCase: true, longs: String, enums: String, defaults: true };

function protoFile(name: string): string {
  return fileURLToPath(new URL(`../../proto/${name}`, import.meta.url));
}

describe("the descriptor", () => {
  it("says the same as the .proto files", () => {
    const fromFiles = loadSync([protoFile("health.proto"), protoFile("open_inference_grpc.proto")], options);
    const fromDescriptor = fromJSON(descriptor, options);
    expect(new Set(Object.keys(fromDescriptor))).toEqual(new Set(Object.keys(fromFiles)));
    expect(JSON.parse(JSON.stringify(fromDescriptor))).toEqual(JSON.parse(JSON.stringify(fromFiles)));
  });
});

describe("the services", () => {
  it("have the paths that servers know", () => {
    expect(inferenceServiceDefinition.ServerReady.path).toBe("/inference.GRPCInferenceService/ServerReady");
    expect(inferenceServiceDefinition.ServerLive.path).toBe("/inference.GRPCInferenceService/ServerLive");
    expect(inferenceServiceDefinition.ModelReady.path).toBe("/inference.GRPCInferenceService/ModelReady");
    expect(healthServiceDefinition.Check.path).toBe("/grpc.health.v1.Health/Check");
    expect(healthServiceDefinition.Watch.responseStream).toBe(true);
  });

  it("write true as 08 01 and an absent answer as nothing, and read nothing as false", () => {
    const { responseSerialize, responseDeserialize } = inferenceServiceDefinition.ServerReady;
    expect(responseSerialize({ ready: true }).toString("hex")).toBe("0801");
    expect(responseDeserialize(Buffer.alloc(0))).toEqual({ ready: false });
    expect(responseDeserialize(Buffer.from("0800", "hex"))).toEqual({ ready: false });
  });

  it("keep the field numbers of the health protocol", () => {
    const { requestSerialize, responseDeserialize } = healthServiceDefinition.Check;
    expect(requestSerialize({ service: "a" }).toString("hex")).toBe("0a0161");
    expect(responseDeserialize(Buffer.from("0801", "hex"))).toEqual({ status: "SERVING" });
    expect(responseDeserialize(Buffer.alloc(0))).toEqual({ status: "UNKNOWN" });
    expect(responseDeserialize(Buffer.from("0809", "hex"))).toEqual({ status: 9 });
  });

  it("keep the field numbers of a model's question", () => {
    const { requestSerialize } = inferenceServiceDefinition.ModelReady;
    expect(requestSerialize({ name: "m", version: "1" }).toString("hex")).toBe("0a016d120131");
  });
});
