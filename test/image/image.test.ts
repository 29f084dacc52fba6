import { readdirSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { output, project, run } from "./containers.ts";
import { imageOfTest, skipWithoutContainers } from "./image-of-test.ts";

skipWithoutContainers();

const { version, license, config, dependencies } = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as {
  readonly version: string;
  readonly license: string;
  readonly config: { readonly nodeFlags: string };
  readonly dependencies: Readonly<Record<string, string>>;
};

/** Runs a command of the image as a restricted pod would: read-only, no capabilities, no network but loopback. */
function runImage(options: readonly string[], ...args: readonly string[]) {
  const restricted = ["--rm", "--network=none", "--read-only", "--read-only-tmpfs=false", "--cap-drop=all"];
  return run("podman", "run", ...restricted, ...options, imageOfTest().name, ...args);
}

/** Does something with the image's files, mounted. */
async function withFiles<T>(look: (root: string) => T): Promise<T> {
  const { name } = imageOfTest();
  const root = await output("podman", "image", "mount", name);
  try {
    return look(root);
  } finally {
    await run("podman", "image", "unmount", name);
  }
}

function filesUnder(root: string): string[] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
}

describe("the image", () => {
  test("has nothing that can be started but Node.js, its loader and the program: no shell, no package manager", async () => {
    const files = await withFiles((root) =>
      filesUnder(root).filter((file) => (statSync(join(root, file)).mode & 0o111) !== 0 && !/\.so\.\d+$/.test(file)),
    );
    expect(new Set(files)).toEqual(
      new Set([
        "/usr/local/bin/node",
        "/usr/local/bin/readiness-gate",
        "/usr/local/lib/readiness-gate/readiness-gate.mjs",
      ]),
    );
  });

  test("lets scanners see which Debian packages its libraries are from, with the licences of all that it has", async () => {
    await withFiles((root) => {
      const packages = readdirSync(join(root, "var/lib/dpkg/status.d"));
      expect(packages).toEqual(expect.arrayContaining(["libc6", "libgcc-s1", "libstdc++6"]));
      for (const name of packages) {
        expect(readFileSync(join(root, "var/lib/dpkg/status.d", name), "utf8")).toMatch(/^Version: \S/m);
        expect(statSync(join(root, "usr/share/doc", name, "copyright")).size).toBeGreaterThan(0);
      }
      const documents = join(root, "usr/share/doc/readiness-gate");
      expect(readFileSync(join(documents, "LICENSE"), "utf8")).toContain("Apache License");
      const notices = readFileSync(join(documents, "THIRD-PARTY-NOTICES"), "utf8");
      for (const [name, number] of Object.entries(dependencies)) expect(notices).toContain(`${name} ${number}: `);
    });
  });

  test("adds at most 5 MB to Node.js", async () => {
    const { name } = imageOfTest();
    const history = JSON.parse(await output("podman", "history", "--format=json", name)) as { readonly size: number }[];
    const layers = history.map(({ size }) => size).filter((bytes) => bytes > 0);
    const [runtime = 0] = layers.slice(-1);
    const added = layers.slice(0, -1).reduce((sum, bytes) => sum + bytes, 0);
    console.info(`The image adds ${(added / 1e6).toFixed(1)} MB to the ${(runtime / 1e6).toFixed(0)} MB of Node.js`);
    expect(layers.length).toBe(2);
    expect(runtime).toBeGreaterThan(50e6);
    expect(added).toBeGreaterThan(1e6);
    expect(added).toBeLessThanOrEqual(5e6);
  });

  test("is labelled with its version and licence, and starts the launcher as an ordinary user", async () => {
    const [{ Config: settings }] = JSON.parse(await output("podman", "image", "inspect", imageOfTest().name));
    expect(settings).toMatchObject({
      User: "65532:65532",
      Entrypoint: ["/usr/local/bin/readiness-gate"],
      Labels: {
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.licenses": license,
      },
    });
    expect(settings.Cmd ?? null).toBeNull();
  });

  test("is refused by its build when the label would name another version", async () => {
    const { base } = imageOfTest();
    const mounted = ["--rm", "--network=none", `--volume=${project}:/build:ro`, "--workdir=/build", base];
    const { code, stderr } = await run(
      "podman",
      "run",
      ...mounted,
      "sh",
      "image/build-program.sh",
      "9.9.9",
      "/node",
      "/out",
    );
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`--build-arg VERSION=${version}`) });
  });
});

describe("the launcher", () => {
  test.each(["65532:65532", "1000:1000", "123456789:0"])("starts the program as user %s", async (user) => {
    expect(await runImage([`--user=${user}`], "--version")).toMatchObject({
      code: 0,
      stdout: `${version}\n`,
      stderr: "",
    });
  });

  test("becomes Node.js with the V8 settings, and hands over arguments and environment as they are", async () => {
    const program = "/usr/local/lib/readiness-gate/readiness-gate.mjs";
    const folder = await mkdtemp(join(tmpdir(), "rg-program-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    // Another program in the bundle's place says what it was given.
    const said = "[process.pid, process.execArgv, process.argv, process.env.A]";
    await writeFile(join(folder, "said.mjs"), `process.stdout.write(JSON.stringify(${said}))`);
    const options = [`--volume=${join(folder, "said.mjs")}:${program}:ro`, "--env=A=b c"];
    const { stdout } = await runImage(options, "serve", "", "two words", "--flag");
    const [pid, flags, argv, variable] = JSON.parse(stdout);
    expect(pid).toBe(1);
    expect(flags).toEqual(config.nodeFlags.split(" "));
    expect(argv).toEqual(["/usr/local/bin/node", program, "serve", "", "two words", "--flag"]);
    expect(variable).toBe("b c");
  });

  test.each([
    ["/usr/local/bin/node", "--volume=/dev/null:/usr/local/bin/node:ro", "Permission denied"],
    [
      "/usr/local/lib/readiness-gate/readiness-gate.mjs",
      "--tmpfs=/usr/local/lib/readiness-gate:notmpcopyup",
      "No such file or directory",
    ],
  ])("says that %s cannot be started, and why", async (file, option, reason) => {
    const expected = { code: 1, stdout: "", stderr: `readiness-gate: cannot start ${file}: ${reason}\n` };
    expect(await runImage([option], "check")).toEqual(expected);
  });

  test("finds localhost by its name, without asking the network", async () => {
    const { code, stdout } = await runImage([], "check", "--preset", "none", "--target", "it=tcp://localhost:9000");
    expect({ code, stdout }).toEqual({ code: 10, stdout: expect.stringContaining("NOT_LISTENING") });
  });
});
