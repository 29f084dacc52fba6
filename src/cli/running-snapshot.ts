import { request } from "node:http";
import type { Snapshot } from "../core/snapshot.ts";
import { isSnapshot } from "../core/snapshot-shape.ts";
import { SERVER_NAME } from "../serve/http-app.ts";
import type { ListenAddress } from "../settings/settings.ts";

/** A gate answers from memory; one that takes longer is stuck, or a rule is in the way. */
const ASK_MS = 500;
/** A gate with 64 targets and everything wrong with each stays far below. */
const BODY_LIMIT = 1024 * 1024;

/** Asks the gate that runs here for its snapshot; null when none answers, or one of another version. */
export function askRunningSnapshot(at: ListenAddress | null): Promise<Snapshot | null> {
  if (at === null) return Promise.resolve(null);
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(ASK_MS);
    const options = { host: reachable(at.host), port: at.port, path: "/status", agent: false, signal };
    const asked = request(options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > BODY_LIMIT) response.destroy();
      });
      response.on("error", () => resolve(null));
      response.on("close", () => {
        const isWhole = response.statusCode === 200 && response.headers["server"] === SERVER_NAME && response.complete;
        resolve(isWhole ? snapshotIn(text) : null);
      });
    });
    asked.on("error", () => resolve(null));
    asked.end();
  });
}

/** A wildcard is reached over loopback; the admin listener answers to such a name. */
function reachable(host: string | null): string {
  return host === null || host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
}

function snapshotIn(text: string): Snapshot | null {
  try {
    const value: unknown = JSON.parse(text);
    return isSnapshot(value) ? value : null;
  } catch {
    // Something else than a gate, or one that was cut off.
    return null;
  }
}
