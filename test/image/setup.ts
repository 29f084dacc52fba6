import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { output, project as root, run, store } from "./containers.ts";
import { ensureNodeBase } from "./node-base.ts";

/** The image under test, what it was built on, or why there is none. */
export type BuiltImage =
  | { readonly ok: true; readonly name: string; readonly base: string }
  | { readonly ok: false; readonly reason: string; readonly isFailure: boolean };

declare module "vitest" {
  export interface ProvidedContext {
    image: BuiltImage;
  }
}

const prefix = "rg-test-";

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

/** Takes away what runs that were killed have left: pods and images carry the id of the process that made them. */
async function sweep(isOwner: (pid: number) => boolean): Promise<void> {
  const owner = (name: string) => Number(new RegExp(`${prefix}(\\d+)`).exec(name)?.[1] ?? Number.NaN);
  const ofOwner = (names: string) => names.split("\n").filter((name) => isOwner(owner(name)));
  const pods = ofOwner((await run("podman", "pod", "ls", "--format={{.Name}}")).stdout);
  if (pods.length > 0) await run("podman", "pod", "rm", "--force", "--time=0", ...pods);
  const images = ofOwner((await run("podman", "images", "--format={{.Repository}}:{{.Tag}}")).stdout);
  if (images.length > 0) await run("podman", "rmi", "--force", ...images);
}

/** npm's configuration of this user and of this machine, which the build gets as a secret. */
async function writeNpmrc(): Promise<string> {
  const files = await Promise.all(["globalconfig", "userconfig"].map((key) => output("npm", "config", "get", key)));
  const file = join(store, "npmrc");
  const texts = files.filter((each) => existsSync(each)).map((each) => readFileSync(each, "utf8"));
  writeFileSync(file, texts.join("\n"), { mode: 0o600 });
  return file;
}

async function build(base: string): Promise<string> {
  const name = `localhost/${prefix}${process.pid}:test`;
  const npmrc = await writeNpmrc();
  const cache = await output("npm", "config", "get", "cache");
  try {
    await output(
      "buildah",
      "bud",
      "--isolation=chroot",
      `--build-arg=BUILD_IMAGE=${base}`,
      `--build-arg=NODE_IMAGE=${base}`,
      `--secret=id=npmrc,src=${npmrc}`,
      `--volume=${cache}:/root/.npm`,
      `--tag=${name}`,
      root,
    );
  } finally {
    rmSync(npmrc);
  }
  return name;
}

/** Builds the image once for all tests of the project, and takes it away afterwards. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const base = await ensureNodeBase();
  if (!base.ok) {
    project.provide("image", { ok: false, reason: base.reason, isFailure: false });
    return async () => {};
  }
  await sweep((pid) => !Number.isNaN(pid) && !isAlive(pid));
  try {
    project.provide("image", { ok: true, name: await build(base.name), base: base.name });
  } catch (error) {
    project.provide("image", { ok: false, reason: (error as Error).message, isFailure: true });
  }
  return () => sweep((pid) => pid === process.pid);
}
