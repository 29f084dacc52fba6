import type { HttpFault } from "./plan.ts";
import type { ServerWord } from "./side.ts";

/** One HTTP answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A question over HTTP. */
export interface HttpQuestion {
  readonly method: string;
  /** Path without its query. */
  readonly path: string;
}

type Answerer = (word: ServerWord) => HttpAnswer;

function empty(status: number, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status, headers, body: "" };
}

function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(value) };
}

/** MLServer says "not ready" with a bare 400. */
function flag(isTrue: boolean): HttpAnswer {
  return empty(isTrue ? 200 : 400);
}

function nameFrom(encoded: string): string | null {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null;
  }
}

function answerModelReady(name: string, word: ServerWord): HttpAnswer {
  const isReady = word.isModelReady(name);
  return isReady === undefined ? json(404, { error: `Model ${name} not found` }) : flag(isReady);
}

const ROUTES: Readonly<Record<string, Answerer>> = {
  "/v2": () => json(200, { name: "stand-in", version: "1", extensions: [] }),
  "/v2/health/live": () => flag(true),
  "/v2/health/ready": (word) => flag(word.isReady()),
};

function answererFor(path: string): Answerer | null {
  if (Object.hasOwn(ROUTES, path)) {
    return ROUTES[path] ?? null;
  }
  const encoded = /^\/v2\/models\/([^/]+)\/ready$/.exec(path)?.[1];
  const name = encoded === undefined ? null : nameFrom(encoded);
  return name === null ? null : (word) => answerModelReady(name, word);
}

/**
 * The answer that MLServer 1.7 gives: only `GET`, 405 for other methods, 307 from a trailing slash to the path without
 * it, FastAPI's 404 for unknown paths and MLServer's own for unknown models.
 */
export function answerHttp(question: HttpQuestion, word: ServerWord): HttpAnswer {
  const answerer = answererFor(question.path);
  if (answerer !== null) {
    return question.method === "GET" ? answerer(word) : json(405, { detail: "Method Not Allowed" }, { allow: "GET" });
  }
  const withoutSlash = question.path.replace(/\/$/, "");
  if (answererFor(withoutSlash) !== null) {
    return empty(307, { location: withoutSlash });
  }
  return json(404, { detail: "Not Found" });
}

const FAULTY_ANSWERS: Readonly<Partial<Record<HttpFault, (path: string) => HttpAnswer>>> = {
  "status-400": () => empty(400),
  "status-404": () => json(404, { detail: "Not Found" }),
  "status-500": () => ({ status: 500, headers: { "content-type": "text/plain" }, body: "Internal Server Error" }),
  "status-503": () => empty(503),
  // A client that follows the redirect is found out: it is told that all is well.
  "status-301": (path) => (path === "/moved" ? empty(200) : empty(301, { location: "/moved" })),
};

/** The answer that a fault prescribes, or null where the fault is not about answers. */
export function faultyAnswer(fault: HttpFault | null, path: string): HttpAnswer | null {
  return fault === null ? null : (FAULTY_ANSWERS[fault]?.(path) ?? null);
}
