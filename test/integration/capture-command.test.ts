import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { run } from "../../src/cli/program.ts";
import { HAS_BASH, scriptFor } from "../support/capture-run.ts";

const SHELLCHECK = "shellcheck";
const hasShellcheck = spawnSync(SHELLCHECK, ["--version"]).status === 0;

/** What bash or shellcheck has to say of the whole script, which it reads from its standard input. */
function opinionOf(tool: string, args: readonly string[]): string {
  const script = scriptFor(["a=http://127.0.0.1:9000/it's", "b=grpc://[::1]:9500"], null);
  const { status, stdout, stderr } = spawnSync(tool, args, { input: script, encoding: "utf8" });
  return `${stdout}${stderr}${status}`;
}

describe("the command capture", () => {
  let [stdout, stderr] = ["", ""];

  beforeEach(() => {
    [stdout, stderr] = ["", ""];
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      stdout += String(text);
      return true;
    });
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      stderr += String(text);
      return true;
    });
  });

  afterEach(() => vi.restoreAllMocks());

  const capture = (...flags: readonly string[]) =>
    run({ argv: ["capture", ...flags], environment: {}, terminationLogExists: false });

  it("prints the script for the targets of the settings, and nothing else", async () => {
    expect(await capture("--print-script", "--target", "a=tcp://127.0.0.1:5572", "--pod-ips", "10.42.1.7")).toBe(0);
    expect(stdout).toBe(scriptFor(["a=tcp://127.0.0.1:5572"], ["10.42.1.7"]));
    expect(stderr).toBe("");
  });

  it("looks at the targets of the preset where none is named", async () => {
    expect(await capture("--print-script")).toBe(0);
    expect(stdout).toContain("'http://127.0.0.1:9000/v2/health/ready'");
    expect(stdout).toContain("'grpc://127.0.0.1:9500'");
  });

  it("explains itself where the flag is missing, as bad usage", async () => {
    expect(await capture()).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(
      "readiness-gate capture --print-script | kubectl exec -i POD -c CONTAINER -- bash -s > FILE",
    );
  });
});

describe("the script as a program", () => {
  it.skipIf(!HAS_BASH)("is one to bash", () => {
    expect(opinionOf("bash", ["-n"])).toBe("0");
  });

  it.skipIf(!hasShellcheck)("is a clean one to shellcheck", () => {
    expect(opinionOf(SHELLCHECK, ["-"])).toBe("0");
  });
});
