import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { builtProgram } from "../support/built-program.ts";

const MANIFESTS = join(import.meta.dirname, "..", "manifests");
const bundle = builtProgram();
const HELM_OUTPUT = readFileSync(join(MANIFESTS, "09-helm-output.yaml"), "utf8");
const HELM_LINES = HELM_OUTPUT.split("\n").length - 1;
const POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: iris}}\nspec:\n  containers:\n  - name: a\n";

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `inject` with some input, also in a process that Node.js gives other flags to. */
function inject(
  input: string | Buffer,
  args: readonly string[] = [],
  nodeFlags: readonly string[] = [],
): Promise<Ended> {
  const child = spawn(process.execPath, [...nodeFlags, bundle, "inject", ...args]);
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  // The program may end without having read all of it.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, ...output })));
}

describe("inject", () => {
  it("writes the manifests with the gate added on stdout, and what it did on stderr", async () => {
    const expected = readFileSync(join(MANIFESTS, "expected", "09-helm-output.yaml"), "utf8");
    const { code, stdout, stderr } = await inject(HELM_OUTPUT, ["--image", "registry.example/readiness-gate:0.1.0"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expected });
    expect(stderr).toBe(
      "readiness-gate: stdin:20: Deployment inference: gate added to containers (mode ready, preset seldon)\nreadiness-gate: 1 got the gate\n",
    );
  });

  it("says so when no pod got the gate, and passes everything through", async () => {
    expect(await inject(POD)).toEqual({ code: 0, stdout: POD, stderr: "readiness-gate: no pod got the gate\n" });
    expect(await inject("")).toMatchObject({ code: 0, stdout: "" });
  });

  it("takes its flags", async () => {
    const flags = [
      ...["--selector", "app=iris", "--mode", "hold", "--native", "--preset", "none", "--image", "i:1"],
      ...["--env", "GATE_TARGETS=a=tcp://127.0.0.1:1 b=tcp://127.0.0.1:2", "--env", "GATE_LOG_LEVEL=warn"],
    ];
    const { code, stdout } = await inject(POD, flags);
    expect(code).toBe(0);
    const { spec } = parse(stdout) as { spec: { initContainers: { image: string; env: { name: string }[] }[] } };
    expect(spec.initContainers[0]).toMatchObject({ name: "readiness-gate", image: "i:1", restartPolicy: "Always" });
    expect(spec.initContainers[0]?.env).toEqual(
      expect.arrayContaining([
        { name: "GATE_PRESET", value: "none" },
        { name: "GATE_TARGETS", value: "a=tcp://127.0.0.1:1 b=tcp://127.0.0.1:2" },
        { name: "GATE_LOG_LEVEL", value: "warn" },
      ]),
    );
  });

  it.each([
    ["no YAML", `${HELM_OUTPUT}---\na: [1\n`, [], new RegExp(`stdin:${HELM_LINES + 3}:1: `)],
    [
      "an annotation that is none",
      POD.replace("labels: {app: iris}", "annotations: {readiness-gate.dev/inject: x}"),
      [],
      /is "x"/,
    ],
    ["no UTF-8", Buffer.from([0x61, 0x3a, 0x20, 0xff]), [], /no UTF-8/],
    ["nesting that would overflow the stack", "[".repeat(200_000), [], /stdin:1:\d+: nested more than/],
    ["a selector that is none", POD, ["--selector", "app"], /--selector takes key=value, not "app"/],
    ["a variable that is none", POD, ["--env", "=x"], /--env takes NAME=VALUE/],
    ["an image that is none", POD, ["--image", "a b"], /--image/],
    ["a container's name that is none", POD, ["--server-container", "A_b"], /--server-container/],
    ["targets of nowhere", POD, ["--preset", "none"], /--preset none needs targets/],
    ["a mode that is none", POD, ["--mode", "wait"], /choices are observe, ready, hold/],
  ])("ends with 2 and writes nothing: %s", async (_what, input, args, message) => {
    const { code, stdout, stderr } = await inject(input, ["--all", ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });

  it("refuses more than 64 MiB without reading on", async () => {
    const { code, stdout, stderr } = await inject(Buffer.alloc(65 * 1024 * 1024, "a"));
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("longer than 64 MiB");
  });

  it("reads what does not fit into the small heap that the image gives to the gate", async () => {
    const { config } = JSON.parse(readFileSync(join(MANIFESTS, "..", "..", "package.json"), "utf8")) as {
      config: { nodeFlags: string };
    };
    const entry = (index: number) => `    property${index}: {type: string, description: some words about it}\n`;
    const long = `kind: CustomResourceDefinition\nspec:\n  schema:\n${Array.from({ length: 24_000 }, (_, i) => entry(i)).join("")}`;
    const { code, stdout } = await inject(`${long}---\n${POD}`, ["--all"], config.nodeFlags.split(" "));
    expect(code).toBe(0);
    expect(stdout.startsWith(long)).toBe(true);
    expect(stdout).toContain("name: readiness-gate");
  }, 60_000);
});
