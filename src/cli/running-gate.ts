import { request } from "node:http";
import type { VerdictClass } from "../core/verdict-table.ts";
import { SERVER_NAME } from "../serve/http-app.ts";
import type { ListenAddress } from "../settings/settings.ts";

/** What a running gate said of itself. */
export interface GateAnswer {
  readonly isReady: boolean;
  readonly class: VerdictClass;
  /** One line for people. */
  readonly text: string;
}

/** A gate answers from memory; one that takes longer is stuck, or starved of CPU. */
export const ASK_MS = 1000;
const BODY_LIMIT = 4096;

/** The status codes of `/readyz?code=class`. */
const CLASS_BY_STATUS: Readonly<Record<number, VerdictClass>> = {
  200: "ready",
  510: "slow-startup",
  511: "network-block",
  512: "misconfiguration",
  513: "server-fault",
  514: "unknown",
};

/** Asks the gate that serves on this machine; null when none answers there whole within `withinMs` milliseconds. */
export function askRunningGate({ host, port }: ListenAddress, withinMs = ASK_MS): Promise<GateAnswer | null> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(Math.ceil(withinMs));
    const options = { host: reachable(host), port, path: "/readyz?code=class", agent: false, signal };
    const asked = request(options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > BODY_LIMIT) response.destroy();
      });
      response.on("error", () => resolve(null));
      response.on("close", () => resolve(answerOf(response.headers["server"], response.statusCode, text)));
    });
    asked.on("error", () => resolve(null));
    asked.end();
  });
}

/** A wildcard is reached over loopback. */
function reachable(host: string | null): string {
  return host === null || host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
}

function answerOf(
  server: string | readonly string[] | undefined,
  status: number | undefined,
  body: string,
): GateAnswer | null {
  const verdictClass = CLASS_BY_STATUS[status ?? 0];
  const isGate = server === SERVER_NAME;
  if (!isGate || verdictClass === undefined) return null;
  return { isReady: status === 200, class: verdictClass, text: body.trim() };
}
