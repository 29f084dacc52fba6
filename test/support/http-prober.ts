import { createServer as createHttpServer, type RequestListener } from "node:http";
import { onTestFinished } from "vitest";
import type { Answer } from "../../src/core/observation.ts";
import type { HttpTarget, TlsOptions } from "../../src/core/target.ts";
import { openProber } from "../../src/probes/open-prober.ts";
import { httpTarget, listenRaw, type RawServer } from "./raw-servers.ts";

export const address = "127.0.0.1";
/** TLS as a target has it that says nothing of it. */
export const TLS: TlsOptions = { ca: null, servername: null, insecure: false };

/** A prober of a port on loopback, closed when the test ends. */
export function proberOf(port: number, overrides: Partial<HttpTarget> = {}) {
  const prober = openProber({ target: httpTarget(port, overrides), address, version: "1.2.3" });
  onTestFinished(() => prober.close());
  return prober;
}

/** What one question to a port comes to. */
export function answerOf(
  port: number,
  overrides: Partial<HttpTarget> = {},
  models: readonly string[] = [],
): Promise<Answer> {
  return proberOf(port, overrides).ask(models).answered;
}

/** A server of HTTP/1, for the length of the test. */
export function serveHttp(listener: RequestListener): Promise<RawServer> {
  return listenRaw(createHttpServer(listener));
}
