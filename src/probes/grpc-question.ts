import type { Client } from "@grpc/grpc-js";
import type { GrpcQuestion } from "../core/target.ts";
import {
  healthServiceDefinition,
  healthServiceName,
  inferenceServiceDefinition,
  inferenceServiceName,
} from "../proto/services.ts";
import { type CallFailure, type CallResult, callUnary } from "./grpc-call.ts";
import { isUnimplemented, wordOfFailure, wordOfFlag, wordOfHealth, wordOfHealthFailure } from "./grpc-words.ts";
import type { Course } from "./inquiry.ts";
import type { Word } from "./word.ts";

/** What the question brought: a word of the server, or the failure of what carried it. */
export interface Reply {
  readonly word: Word | null;
  /** Set where `word` is null. */
  readonly failure: CallFailure | null;
  /** Whether the service that answered knows models. */
  readonly knowsModels: boolean;
}

/** Where and for whom a question is out. */
export interface Line {
  readonly client: Client;
  readonly course: Course;
}

type Call = "ServerReady" | "ServerLive" | "Health";

/** One readiness question over gRPC; it remembers which of the services a server has. */
export interface QuestionMemory {
  /** The service that answered last where both may be asked; ServerReady at first. */
  answeredBy: "ServerReady" | "Health";
}

function nameOf(call: Call, service: string): string {
  if (call !== "Health") {
    return `${inferenceServiceName}/${call}`;
  }
  return service === "" ? `${healthServiceName}/Check` : `${healthServiceName}/Check ${service}`;
}

/** The first question, for people, before anything was asked. */
export function firstQuestion(question: GrpcQuestion, memory: QuestionMemory): string {
  const call = question.ask === "auto" ? memory.answeredBy : question.ask;
  return nameOf(call, question.ask === "Health" ? question.service : "");
}

interface Asked extends Reply {
  readonly isUnimplemented: boolean;
}

function asked<Response>(
  result: CallResult<Response>,
  reading: {
    read: (response: Response) => Word;
    readFailure: (failure: CallFailure) => Word | null;
    knowsModels: boolean;
  },
): Asked {
  const { knowsModels } = reading;
  if (result.isOk) {
    return { word: reading.read(result.response), failure: null, knowsModels, isUnimplemented: false };
  }
  return { word: reading.readFailure(result), failure: result, knowsModels, isUnimplemented: isUnimplemented(result) };
}

async function askCall(call: Call, service: string, { client, course }: Line): Promise<Asked> {
  course.asks(nameOf(call, service));
  const { ServerLive, ServerReady } = inferenceServiceDefinition;
  const inference = { readFailure: wordOfFailure, knowsModels: true };
  switch (call) {
    case "ServerReady": {
      const result = await callUnary(client, { method: ServerReady, request: {} }, course.signal);
      return asked(result, { ...inference, read: ({ ready }) => wordOfFlag(ready) });
    }
    case "ServerLive": {
      const result = await callUnary(client, { method: ServerLive, request: {} }, course.signal);
      return asked(result, { ...inference, read: ({ live }) => wordOfFlag(live) });
    }
    case "Health": {
      const check = { method: healthServiceDefinition.Check, request: { service } };
      const result = await callUnary(client, check, course.signal);
      return asked(result, { read: wordOfHealth, readFailure: wordOfHealthFailure, knowsModels: false });
    }
  }
}

/** Asks what answered last; when that is not known (any more), ServerReady first and then the health service. */
async function askAuto(line: Line, memory: QuestionMemory): Promise<Reply> {
  const remembered = await askCall(memory.answeredBy, "", line);
  if (!remembered.isUnimplemented) {
    return remembered;
  }
  const other = memory.answeredBy === "Health" ? "ServerReady" : "Health";
  const reply = await askCall(other, "", line);
  if (!reply.isUnimplemented) {
    memory.answeredBy = reply.failure === null || reply.word !== null ? other : memory.answeredBy;
    return reply;
  }
  memory.answeredBy = "ServerReady";
  const message = `implements neither ${inferenceServiceName} nor ${healthServiceName}`;
  return { ...reply, word: { kind: "no-such-endpoint", code: "GRPC_UNIMPLEMENTED", message } };
}

/** Sends the target's question over one channel. Never rejects; pending while the server is silent. */
export function askQuestion(question: GrpcQuestion, line: Line, memory: QuestionMemory): Promise<Reply> {
  switch (question.ask) {
    case "auto":
      return askAuto(line, memory);
    case "Health":
      return askCall("Health", question.service, line);
    case "ServerReady":
    case "ServerLive":
      return askCall(question.ask, "", line);
  }
}

/**
 * The models that are not ready. MLServer answers UNKNOWN for a model that it does not know, so every failure counts as
 * "not ready".
 */
export async function pendingModels(models: readonly string[], { client, course }: Line): Promise<string[]> {
  const pending: string[] = [];
  for (const name of models) {
    course.asks(`${inferenceServiceName}/ModelReady ${name}`);
    const call = { method: inferenceServiceDefinition.ModelReady, request: { name, version: "" } };
    const result = await callUnary(client, call, course.signal);
    if (!(result.isOk && result.response.ready)) {
      pending.push(name);
    }
  }
  return pending;
}
