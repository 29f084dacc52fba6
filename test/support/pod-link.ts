import { type ChildProcess, spawn } from "node:child_process";
import type { IncomingHttpHeaders } from "node:http";
import { fileURLToPath } from "node:url";
import type { Namespace } from "./pod-namespace.ts";

/** An HTTP answer that came from inside a pod. */
export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What is asked of the agent, the process that stands inside the pod. */
interface Operations {
  http: {
    options: {
      host: string;
      port: number;
      path: string;
      method: string;
      headers: Record<string, string>;
      body: string;
      timeoutMs: number;
    };
    value: HttpReply;
  };
  connect: { options: { host: string; port: number; timeoutMs: number }; value: string };
  read: { options: { path: string }; value: string };
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

interface AgentMessage {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly message: string; readonly code: string };
}

/** The line to the agent inside a pod. */
export interface PodLink {
  /** Has the agent do something; rejects with the `code` that the agent's error had. */
  ask<K extends keyof Operations>(operation: K, options: Operations[K]["options"]): Promise<Operations[K]["value"]>;
  /** Ends the agent; what was still asked is rejected. */
  close(): void;
}

function settle({ resolve, reject }: Waiting, { value, error }: AgentMessage): void {
  if (error === undefined) resolve(value);
  else reject(Object.assign(new Error(error.message), { code: error.code }));
}

/** Starts the agent inside a namespace and waits until it is there. */
export async function openLink(namespace: Namespace): Promise<PodLink> {
  const [file, ...args] = namespace.enter;
  const agent: ChildProcess = spawn(
    file,
    [...args, process.execPath, fileURLToPath(new URL("./pod-agent.mjs", import.meta.url))],
    { stdio: ["ignore", "inherit", "inherit", "ipc"], env: { PATH: process.env["PATH"] } },
  );
  const waiting = new Map<number, Waiting>();
  let asked = 0;
  agent.on("message", (message: AgentMessage) => {
    const entry = waiting.get(message.id);
    waiting.delete(message.id);
    if (entry !== undefined) settle(entry, message);
  });
  agent.on("exit", () => {
    for (const { reject } of waiting.values()) reject(new Error("the pod's agent has ended"));
    waiting.clear();
  });
  const answerTo = (id: number) =>
    new Promise<unknown>((resolve, reject) => {
      waiting.set(id, { resolve, reject });
    });
  // The agent's first message has the id 0.
  await answerTo(0);
  return {
    ask: async (operation, options) => {
      asked += 1;
      const answer = answerTo(asked);
      agent.send({ id: asked, operation, options });
      return (await answer) as never;
    },
    close: () => void agent.kill("SIGKILL"),
  };
}
