import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { output, project, run, store } from "./containers.ts";

/** Either an image's name, or why there is none. */
export type BaseImage = { readonly ok: true; readonly name: string } | { readonly ok: false; readonly reason: string };

const tools = ["buildah", "podman", "runc", "catatonit", "mmdebstrap", "nsenter", "iptables"];
/** What the official Node.js image has of Debian, as far as the Dockerfile needs it. */
const packages = ["gcc", "libc6-dev", "libatomic1", "libstdc++6"];

/** The version of Node.js that the Dockerfile's default image has. */
function nodeVersion(): string {
  const dockerfile = readFileSync(join(project, "Dockerfile"), "utf8");
  const version = /^ARG NODE_IMAGE=\S+:(\d+\.\d+\.\d+)-/m.exec(dockerfile)?.[1];
  if (version === undefined) throw new Error("the Dockerfile's NODE_IMAGE names no version of Node.js");
  return version;
}

async function missingTools(): Promise<string[]> {
  const found = await Promise.all(tools.map((tool) => run("sh", "-c", `command -v ${tool}`)));
  return tools.filter((_, index) => found[index]?.code !== 0);
}

/** The sources that this machine's apt has, for mmdebstrap. */
function aptSources(): string {
  const folder = "/etc/apt/sources.list.d";
  const files = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  const texts = ["/etc/apt/sources.list", ...files.filter((name) => /\.(list|sources)$/.test(name))]
    .filter((name) => existsSync(name))
    .map((name) => readFileSync(name, "utf8").trim());
  return `${texts.join("\n\n")}\n`;
}

/** Files beside Debian's own: Node.js as npm's registry has it, the npm at hand, and the authorities that it trusts. */
async function addNode(root: string, version: string): Promise<void> {
  const node = await output(process.execPath, join(project, "scripts", "other-node.mjs"), version);
  const npm = join(await output("npm", "root", "--global"), "npm");
  const local = join(root, "usr", "local");
  mkdirSync(join(local, "lib", "node_modules"), { recursive: true });
  cpSync(node, join(local, "bin", "node"));
  cpSync(join(node, "..", "..", "LICENSE"), join(local, "LICENSE"));
  cpSync(npm, join(local, "lib", "node_modules", "npm"), { recursive: true, verbatimSymlinks: true });
  await output("ln", "--symbolic", "../lib/node_modules/npm/bin/npm-cli.js", join(local, "bin", "npm"));
  const authorities = "etc/ssl/certs/ca-certificates.crt";
  if (!existsSync(join("/", authorities))) return;
  mkdirSync(join(root, "etc", "ssl", "certs"), { recursive: true });
  cpSync(join("/", authorities), join(root, authorities));
}

async function make(name: string, version: string): Promise<void> {
  const codename = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "stable";
  const sources = join(store, "apt-sources");
  const archive = join(store, "debian.tar");
  writeFileSync(sources, aptSources());
  const options = ["--quiet", "--mode=root", "--variant=essential", `--include=${packages.join(",")}`];
  await output("mmdebstrap", ...options, codename, archive, sources);
  const container = await output("buildah", "from", "scratch");
  try {
    const root = await output("buildah", "mount", container);
    await output("tar", "--directory", root, "--extract", "--file", archive);
    await addNode(root, version);
    await output("buildah", "config", "--env", "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", container);
    await output("buildah", "commit", "--quiet", container, name);
  } finally {
    rmSync(archive, { force: true });
    await run("buildah", "rm", container);
  }
}

/** Whether a container can be run at all: an answer in one line when it cannot. */
async function complaintOfTrial(name: string): Promise<string | null> {
  const { code, stderr } = await run("podman", "run", "--rm", "--network=none", name, "/bin/true");
  return code === 0 ? null : `this machine runs no containers: ${stderr.trim().split("\n").at(-1)}`;
}

/**
 * Puts together an image like the official one of Node.js, on the spot: Debian by mmdebstrap, Node.js and npm on top. It
 * is kept for the next run.
 */
export async function ensureNodeBase(): Promise<BaseImage> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return { ok: false, reason: "needs root on Linux" };
  const missing = await missingTools();
  if (missing.length > 0) return { ok: false, reason: `not installed: ${missing.join(", ")}` };
  const version = nodeVersion();
  const key = createHash("sha256")
    .update(JSON.stringify([version, packages, aptSources()]))
    .digest("hex")
    .slice(0, 12);
  const name = `localhost/rg-node:${version}-${key}`;
  if ((await run("podman", "image", "exists", name)).code !== 0) {
    try {
      await make(name, version);
    } catch (error) {
      return { ok: false, reason: `no base image: ${(error as Error).message.trim().split("\n").at(-1)}` };
    }
  }
  const complaint = await complaintOfTrial(name);
  return complaint === null ? { ok: true, name } : { ok: false, reason: complaint };
}
