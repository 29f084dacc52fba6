import { describe, expect, it } from "vitest";
import { complaints, load, loaded } from "./load-for-tests.ts";
import { OPTIONS } from "./options.ts";
import { formatProblems } from "./problem.ts";

describe("a bad value", () => {
  const listen = "expected an address such as :9020, 127.0.0.1:9022, localhost:9022 or [::1]:9022";
  const takes = (range: string) => `expected a duration from ${range}, such as 250ms, 1.5s or 1m30s`;
  it.each<[keyof typeof OPTIONS, string, string]>([
    ["preset", "kserve", "expected one of seldon, mlserver, triton, none"],
    ["host", "a b", "expected a host name or an IP address, without port and zone"],
    ["host", "h:80", "expected a host name or an IP address, without port and zone"],
    ["targets", "a=grpc://h", "expected a port, since grpc has no default port"],
    ["openOn", "Live", "expected one of live, ready"],
    ["afterReady", "never", "expected one of live, ready"],
    ["probeTimeout", "5", `${takes("10ms to 60s")}; this has no unit`],
    ["probeTimeout", "9ms", takes("10ms to 60s")],
    ["probeTimeout", "61s", takes("10ms to 60s")],
    ["backoffMin", "0ms", takes("1ms to 60s")],
    ["backoffMax", "2m", takes("1ms to 60s")],
    ["interval", "99ms", takes("100ms to 1h")],
    ["interval", "2h", takes("100ms to 1h")],
    ["startupBudget", "999ms", takes("1s to 8760h")],
    ["drain", "-1s", `${takes("0s to 24h")}; this has a sign`],
    ["drain", "25h", takes("0s to 24h")],
    ["failureThreshold", "0", "expected a whole number from 1 to 1000"],
    ["failureThreshold", "1.5", "expected a whole number from 1 to 1000"],
    ["successThreshold", "1e2", "expected a whole number from 1 to 1000"],
    ["listen", "9020", `${listen}; it cannot be off`],
    ["grpcListen", "off", `${listen}, or nothing to turn it off`],
    ["adminListen", ":70000", `${listen}, or nothing to turn it off`],
    ["journal", "/a\u0000b", "expected the path of a file, at most 4096 characters"],
    ["terminationLog", "x".repeat(5_000), "expected the path of a file, at most 4096 characters"],
    ["podIps", "10.0.0", "expected an IP address without a zone"],
    ["logLevel", "verbose", "expected one of silent, fatal, error, warn, info, debug, trace"],
  ])("of %s, such as %j, is told with its source from a variable and a flag", async (key, value, expected) => {
    const { variable, flag } = OPTIONS[key];
    const got = JSON.stringify(value.length > 120 ? `${value.slice(0, 120)}…` : value);
    const line = (source: string) => `${key} (${source}): got ${got}, ${expected}`;
    expect(await complaints({ environment: { [variable]: value } })).toEqual([line(`environment ${variable}`)]);
    expect(await complaints({ flags: { [key]: value } })).toEqual([line(`flag ${flag}`)]);
  });

  it.each(["", "a b", "a\u200bb", "x".repeat(257)])("is the model name %j", async (name) => {
    const [message, ...others] = await complaints({ flags: { preset: "triton", models: ["fine", name] } });
    expect(message).toMatch(/^models \(flag --model\): got .*, expected a model's name: 1 to 256 visible characters$/);
    expect(others).toEqual([]);
  });

  it("is an empty address for the probe listener", async () => {
    expect(await complaints({ environment: { GATE_LISTEN: "" } })).toEqual([
      `listen (environment GATE_LISTEN): got nothing, ${listen}; it cannot be off`,
    ]);
  });

  it("is never alone: all are named in one message, on a line each", async () => {
    const result = await load({
      flags: { interval: "5", targets: ["a=tcp://h:1", "a=ftp://h", "b"] },
      environment: { GATE_LOG_LEVEL: "loud\n\u001b[31m" },
      file: "drain: 1\nnope: 2\n",
    });
    expect(result.ok ? "" : formatProblems(result.problems)).toBe(
      [
        "6 bad settings:",
        `  nope (gate.yaml:2:1): got "nope", expected one of the settings ${Object.keys(OPTIONS).join(", ")}`,
        '  targets (flag --target): got "a=ftp://h", expected one of the schemes http, https, grpc, grpcs, tcp',
        '  targets (flag --target): got "b", expected name=url, such as http=http://127.0.0.1:9000/v2/health/ready',
        `  interval (flag --interval): got "5", ${takes("100ms to 1h")}; this has no unit`,
        `  drain (gate.yaml:1:8 drain): got "1", ${takes("0s to 24h")}; this has no unit`,
        '  logLevel (environment GATE_LOG_LEVEL): got "loud\\n\\u001b[31m", expected one of silent, fatal, error, warn, info, debug, trace',
      ].join("\n"),
    );
  });

  it("is not looked at when a stronger source replaces it", async () => {
    const result = await loaded({
      flags: { interval: "1s" },
      environment: { GATE_INTERVAL: "x" },
      file: "interval: y",
    });
    expect(result.settings.policy.intervalMs).toBe(1_000);
  });
});
