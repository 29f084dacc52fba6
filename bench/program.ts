import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PACKAGE = fileURLToPath(new URL("../package.json", import.meta.url));

/** The built program, which is what is measured. */
export const BUNDLE = fileURLToPath(new URL("../dist/readiness-gate.mjs", import.meta.url));

/** The flags of V8 that the image and the scripts start the program with. */
export const NODE_FLAGS: readonly string[] = readNodeFlags();

function readNodeFlags(): readonly string[] {
  const { config } = JSON.parse(readFileSync(PACKAGE, "utf8")) as { config: { nodeFlags: string } };
  return config.nodeFlags.split(" ");
}
