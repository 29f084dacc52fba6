import { type IncomingMessage, request } from "node:http";
import { SERVER_NAME } from "../serve/http-app.ts";
import type { ListenAddress } from "../settings/settings.ts";

/** What a gate answered, whole. */
export interface GateReply {
  readonly status: number;
  readonly text: string;
}

/** What to ask a gate for, and what that may cost. */
export interface GateQuestion {
  readonly path: string;
  /** In milliseconds. */
  readonly withinMs: number;
  /** Characters that are read of the answer. */
  readonly limit: number;
}

/** Asks the gate that serves at an address of this machine; null when something else, nothing, or only a part answers. */
export function askGate(at: ListenAddress, { path, withinMs, limit }: GateQuestion): Promise<GateReply | null> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(Math.ceil(withinMs));
    const options = { host: reachable(at.host), port: at.port, path, agent: false, signal };
    const asked = request(options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > limit) response.destroy();
      });
      response.on("error", () => resolve(null));
      response.on("close", () => resolve(isWholeAnswer(response) ? { status: response.statusCode ?? 0, text } : null));
    });
    asked.on("error", () => resolve(null));
    asked.end();
  });
}

function isWholeAnswer({ complete, headers }: IncomingMessage): boolean {
  return complete && headers["server"] === SERVER_NAME;
}

/** A wildcard is reached over loopback, a name to which the admin listener answers. */
function reachable(host: string | null): string {
  return host === null || host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
}
