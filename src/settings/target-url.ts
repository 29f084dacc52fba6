import type { GrpcQuestion, Scheme, Target, TlsOptions } from "../core/target.ts";
import { parseBracketedHost, parseHostName } from "./host.ts";
import { openQuery, type TargetQuery } from "./target-query.ts";

/** A target, or what its name and URL should have been: phrases that go after "expected". */
export type ParsedTarget =
  | { readonly ok: true; readonly target: Target }
  | { readonly ok: false; readonly problems: readonly string[] };

interface UrlParts {
  readonly scheme: Scheme;
  readonly authority: string;
  readonly path: string;
  readonly query: string;
}

interface Endpoint {
  readonly host: string;
  readonly port: number;
}

const LONGEST_URL = 2_048;
const NAME = /^[a-z0-9-]{1,40}$/;
const URL_FORM = /^([^:/?#]+):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(#.*)?$/;
const AUTHORITY_FORM = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d*))?$/;

const DEFAULT_PORTS: Readonly<Record<Scheme, number | null>> = {
  http: 80,
  https: 443,
  grpc: null,
  grpcs: null,
  tcp: null,
};

const INFERENCE = "/inference.GRPCInferenceService";
const HEALTH = "/grpc.health.v1.Health";
const QUESTIONS = new Map<string, GrpcQuestion["ask"]>([
  ["", "auto"],
  ["/", "auto"],
  [INFERENCE, "ServerReady"],
  [`${INFERENCE}/ServerReady`, "ServerReady"],
  [`${INFERENCE}/ServerLive`, "ServerLive"],
  [HEALTH, "Health"],
  [`${HEALTH}/Check`, "Health"],
]);

/** Reads `name=url`, the form of `GATE_TARGETS`, `--target` and the file. Never throws. */
export function parseTargetWord(word: string): ParsedTarget {
  const at = word.indexOf("=");
  if (at < 0 || word.slice(0, at).includes("://")) {
    return { ok: false, problems: ["name=url, such as http=http://127.0.0.1:9000/v2/health/ready"] };
  }
  return parseTarget(word.slice(0, at), word.slice(at + 1));
}

/**
 * Reads a target's name and URL. The WHATWG parser is of no use here: for the schemes that it does not know it takes
 * any host and encodes it, and for the others it repairs what should be refused.
 */
export function parseTarget(name: string, url: string): ParsedTarget {
  const problems = NAME.test(name) ? [] : ["a name of 1 to 40 characters a-z, 0-9 and -"];
  const parts = splitUrl(url);
  if (typeof parts === "string") return { ok: false, problems: [...problems, parts] };
  const endpoint = parseEndpoint(parts, problems);
  const query = openQuery(parts.query, problems);
  const base = {
    name,
    url,
    host: endpoint?.host ?? "",
    port: endpoint?.port ?? 0,
    required: query.flag("required", true),
  };
  const target = completeTarget(base, { parts, query, problems });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, target };
}

function splitUrl(url: string): UrlParts | string {
  if (url.length > LONGEST_URL) return `a URL of at most ${LONGEST_URL} characters`;
  if (!/^[\x21-\x7e]*$/.test(url)) return "a URL of visible ASCII characters, others percent-encoded";
  const parts = URL_FORM.exec(url);
  if (parts === null) return "a URL such as http://127.0.0.1:9000/v2/health/ready or grpc://127.0.0.1:9500";
  const [, schemeText = "", authority = "", path = "", query = "", fragment] = parts;
  const scheme = schemeText.toLowerCase();
  if (!isScheme(scheme)) return `one of the schemes ${Object.keys(DEFAULT_PORTS).join(", ")}`;
  if (authority.includes("@")) return "a URL without user name and password";
  if (fragment !== undefined) return "a URL without a fragment (#)";
  return { scheme, authority, path, query };
}

function isScheme(text: string): text is Scheme {
  return Object.hasOwn(DEFAULT_PORTS, text);
}

function parseEndpoint({ scheme, authority }: UrlParts, problems: string[]): Endpoint | null {
  const parts = AUTHORITY_FORM.exec(authority);
  if (parts === null) {
    problems.push("host:port after ://, an IPv6 address in brackets");
    return null;
  }
  const host = parseBracketedHost(parts[1] ?? "");
  if (host === null) problems.push("a host name or an IP address, an IPv6 address in brackets and without a zone");
  const port = parsePort(scheme, parts[2]);
  if (typeof port === "string") problems.push(port);
  return host === null || typeof port === "string" ? null : { host, port };
}

function parsePort(scheme: Scheme, digits: string | undefined): number | string {
  const port = digits === undefined ? DEFAULT_PORTS[scheme] : Number(digits);
  if (port === null) return `a port, since ${scheme} has no default port`;
  return digits === "" || port < 1 || port > 65_535 ? "a port from 1 to 65535" : port;
}

interface Rest {
  readonly parts: UrlParts;
  readonly query: TargetQuery;
  readonly problems: string[];
}

function completeTarget(base: Endpoint & Pick<Target, "name" | "url" | "required">, rest: Rest): Target {
  const { scheme } = rest.parts;
  if (scheme === "tcp") {
    if (rest.parts.path !== "" && rest.parts.path !== "/") rest.problems.push("no path, since tcp only connects");
    refuseOtherKeys(rest, ["required"]);
    return { ...base, scheme };
  }
  const tls = scheme === "https" || scheme === "grpcs" ? takeTls(rest) : null;
  if (scheme === "grpc" || scheme === "grpcs") return { ...base, scheme, question: takeQuestion(rest), tls };
  const query = rest.query.rest();
  return { ...base, scheme, path: `${rest.parts.path || "/"}${query === "" ? "" : `?${query}`}`, tls };
}

function takeQuestion(rest: Rest): GrpcQuestion {
  const ask = QUESTIONS.get(rest.parts.path);
  if (ask === undefined) {
    rest.problems.push(`no path, or one of ${[...QUESTIONS.keys()].filter((path) => path.length > 1).join(", ")}`);
    return { ask: "auto" };
  }
  const service = ask === "Health" ? (rest.query.text("service") ?? "") : "";
  const taken = ["required", ...(ask === "Health" ? ["service"] : [])];
  refuseOtherKeys(rest, rest.parts.scheme === "grpcs" ? [...taken, "ca", "servername", "insecure"] : taken);
  return ask === "Health" ? { ask, service } : { ask };
}

function refuseOtherKeys({ parts, query, problems }: Rest, taken: readonly string[]): void {
  if (query.keys().length === 0) return;
  problems.push(`no query parameters but ${taken.join(", ")} with ${parts.scheme}://…${parts.path}`);
}

function takeTls({ query, problems }: Rest): TlsOptions {
  const ca = query.text("ca");
  if (ca === "") problems.push("ca=PATH, a file with certificates");
  const servername = query.text("servername");
  // RFC 6066 allows no address as a server name.
  if (servername !== null && parseHostName(servername) === null) problems.push("servername=NAME, a host name");
  return { ca, servername, insecure: query.flag("insecure", false) };
}
