import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTarget, parseTargetWord } from "./target-url.ts";

function parsed(url: string) {
  const result = parseTarget("t", url);
  if (!result.ok) throw new Error(result.problems.join("; "));
  return result.target;
}

function problems(url: string, name = "t") {
  const result = parseTarget(name, url);
  return result.ok ? [] : result.problems;
}

describe("an http target", () => {
  it.each([
    ["http://127.0.0.1:9000/v2/health/ready", "127.0.0.1", 9000, "/v2/health/ready"],
    ["http://127.0.0.1:9000", "127.0.0.1", 9000, "/"],
    ["http://127.0.0.1:9000/", "127.0.0.1", 9000, "/"],
    ["HTTP://Example.ORG/Ready", "example.org", 80, "/Ready"],
    ["http://[::1]:9000/x", "::1", 9000, "/x"],
    ["http://[0:0:0:0:0:0:0:1]:9000/x", "::1", 9000, "/x"],
    ["http://h:1/a/../b%zz?x=%20&required=true&y", "h", 1, "/a/../b%zz?x=%20&y"],
    ["http://h:1?x=1", "h", 1, "/?x=1"],
    ["http://h:1/x?required=false", "h", 1, "/x"],
    ["http://h:1/x?ca=1&insecure=maybe", "h", 1, "/x?ca=1&insecure=maybe"],
    ["http://my_server.ns.svc.cluster.local.:1/", "my_server.ns.svc.cluster.local.", 1, "/"],
  ])("%s is read", (url, host, port, path) => {
    expect(parsed(url)).toMatchObject({ scheme: "http", host, port, path, url, tls: null });
  });

  it("is required unless its query says otherwise", () => {
    expect(parsed("http://h/x").required).toBe(true);
    expect(parsed("http://h/x?required=true").required).toBe(true);
    expect(parsed("http://h/x?required=false").required).toBe(false);
    expect(parsed("http://h/x?re%71uired=false")).toMatchObject({ required: false, path: "/x" });
  });
});

describe("a TLS target", () => {
  it("takes its options out of the query", () => {
    expect(parsed("https://h/x?a=1&ca=/etc/my%20ca+1.pem&servername=s.example&insecure=true")).toEqual({
      name: "t",
      url: "https://h/x?a=1&ca=/etc/my%20ca+1.pem&servername=s.example&insecure=true",
      scheme: "https",
      host: "h",
      port: 443,
      required: true,
      path: "/x?a=1",
      tls: { ca: "/etc/my ca+1.pem", servername: "s.example", insecure: true },
    });
    const plain = { ca: null, servername: null, insecure: false };
    expect(parsed("grpcs://h:1")).toMatchObject({ scheme: "grpcs", question: { ask: "auto" }, tls: plain });
  });
});

describe("a gRPC target", () => {
  it.each([
    ["", { ask: "auto" }],
    ["/", { ask: "auto" }],
    ["/inference.GRPCInferenceService", { ask: "ServerReady" }],
    ["/inference.GRPCInferenceService/ServerReady", { ask: "ServerReady" }],
    ["/inference.GRPCInferenceService/ServerLive", { ask: "ServerLive" }],
    ["/grpc.health.v1.Health", { ask: "Health", service: "" }],
    ["/grpc.health.v1.Health/Check?service=a%2Fb&required=false", { ask: "Health", service: "a/b" }],
  ])("with path %j asks %j", (path, question) => {
    expect(parsed(`grpc://h:9500${path}`)).toMatchObject({ scheme: "grpc", port: 9500, question, tls: null });
  });
});

describe("a URL that is refused", () => {
  const path =
    "no path, or one of /inference.GRPCInferenceService, /inference.GRPCInferenceService/ServerReady, /inference.GRPCInferenceService/ServerLive, /grpc.health.v1.Health, /grpc.health.v1.Health/Check";
  const host = "a host name or an IP address, an IPv6 address in brackets and without a zone";
  const form = "a URL such as http://127.0.0.1:9000/v2/health/ready or grpc://127.0.0.1:9500";
  it.each([
    ["", form],
    ["127.0.0.1:9000", form],
    ["http:/h", form],
    ["ftp://h:1", "one of the schemes http, https, grpc, grpcs, tcp"],
    ["constructor://h:1", "one of the schemes http, https, grpc, grpcs, tcp"],
    ["http://user:secret@h/", "a URL without user name and password"],
    ["grpc://user@h:1", "a URL without user name and password"],
    ["http://h/#x", "a URL without a fragment (#)"],
    ["http://h/ü", "a URL of visible ASCII characters, others percent-encoded"],
    ["http://h/a b", "a URL of visible ASCII characters, others percent-encoded"],
    [`http://h/${"x".repeat(2048)}`, "a URL of at most 2048 characters"],
    ["http://::1:9000/", "host:port after ://, an IPv6 address in brackets"],
    ["http://[::1/", "host:port after ://, an IPv6 address in brackets"],
    ["http://h:1:2/", "host:port after ://, an IPv6 address in brackets"],
    ["http://h:x/", "host:port after ://, an IPv6 address in brackets"],
    ["http:///x", host],
    ["grpc://:9500", host],
    ["grpc://%68:9500", host],
    ["grpc://h_%:9500", host],
    ["http://[127.0.0.1]:1/", host],
    ["http://[fe80::1%25eth0]:1/", host],
    ["http://[]:1/", host],
    ["http://127.1:9000/", host],
    ["http://0x7f000001/", host],
    ["http://2130706433/", host],
    ["http://256.0.0.1/", host],
    ["http://-h/", host],
    ["http://a..b/", host],
    ["http://h:/", "a port from 1 to 65535"],
    ["http://h:0/", "a port from 1 to 65535"],
    ["grpc://h:65536", "a port from 1 to 65535"],
    ["tcp://h:99999999999999999999", "a port from 1 to 65535"],
    ["grpc://h", "a port, since grpc has no default port"],
    ["tcp://h", "a port, since tcp has no default port"],
    ["http://h/?required=no", "required=true or required=false"],
    ["http://h/?required", "required=true or required=false"],
    ["http://h/?required=true&required=false", "the query parameter required once"],
    ["https://h/?ca=%zz", "a query parameter ca that is encoded well, without control characters"],
    ["https://h/?ca=%00", "a query parameter ca that is encoded well, without control characters"],
    ["https://h/?ca", "ca=PATH, a file with certificates"],
    ["https://h/?insecure", "insecure=true or insecure=false"],
    ["https://h/?servername=10.0.0.1", "servername=NAME, a host name"],
    ["tcp://h:1/x", "no path, since tcp only connects"],
    ["tcp://h:1?x=1", "no query parameters but required with tcp://…"],
    ["grpc://h:1/x", path],
    ["grpc://h:1/inference.GRPCInferenceService/ModelReady", path],
    ["grpc://h:1?service=x", "no query parameters but required with grpc://…"],
    ["grpc://h:1/?ca=/x", "no query parameters but required with grpc://…/"],
    [
      "grpcs://h:1/grpc.health.v1.Health?servic=x",
      "no query parameters but required, service, ca, servername, insecure with grpcs://…/grpc.health.v1.Health",
    ],
  ])("%s: expected %s", (url, expected) => {
    expect(problems(url)).toEqual([expected]);
  });

  it("names everything that is wrong with it", () => {
    expect(problems("grpcs://h:0/x?insecure=1", "T")).toEqual([
      "a name of 1 to 40 characters a-z, 0-9 and -",
      "a port from 1 to 65535",
      "insecure=true or insecure=false",
      path,
    ]);
  });
});

describe("a name", () => {
  it.each(["a", "http-2", "-", "x".repeat(40)])("%s is taken", (name) => {
    expect(problems("tcp://h:1", name)).toEqual([]);
  });

  it.each(["", "A", "a_b", "a b", "x".repeat(41), "ä"])("%j is refused", (name) => {
    expect(problems("tcp://h:1", name)).toEqual(["a name of 1 to 40 characters a-z, 0-9 and -"]);
  });
});

describe("parseTargetWord", () => {
  it("splits at the first equals sign", () => {
    expect(parseTargetWord("a=http://h/?x=1")).toMatchObject({ ok: true, target: { name: "a", path: "/?x=1" } });
  });

  it.each(["", "http://h/", "http://h/?x=1"])("asks for a name in %j", (word) => {
    const form = "name=url, such as http=http://127.0.0.1:9000/v2/health/ready";
    expect(parseTargetWord(word)).toEqual({ ok: false, problems: [form] });
  });

  it("never throws, and what it takes has a host, a port and a name within bounds", () => {
    const piece = fc.constantFrom(
      "=",
      "http",
      "grpc",
      "tcp",
      "://",
      "[",
      "]",
      "::1",
      "h",
      ":",
      "80",
      "/",
      "?",
      "&",
      "%",
      "#",
      "@",
    );
    const almost = fc.array(piece, { maxLength: 14 }).map((pieces) => `a=${pieces.join("")}`);
    const nearly = fc
      .tuple(fc.constantFrom("http", "grpcs", "tcp"), fc.webUrl())
      .map(([s, u]) => `a=${s}${u.slice(u.indexOf(":"))}`);
    fc.assert(
      fc.property(fc.oneof(fc.string(), almost, nearly), (word) => {
        const result = parseTargetWord(word);
        if (!result.ok) return result.problems.length > 0;
        const { name, host, port } = result.target;
        return /^[a-z0-9-]{1,40}$/.test(name) && host !== "" && port >= 1 && port <= 65_535;
      }),
      { numRuns: 1_000 },
    );
  });
});
