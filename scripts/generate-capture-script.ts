// Writes src/capture/capture-script.ts from capture.sh, which shellcheck can read; a test holds the two equal.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const inSource = (path: string) => fileURLToPath(new URL(`../src/capture/${path}`, import.meta.url));

const text = JSON.stringify(readFileSync(inSource("capture.sh"), "utf8"));
writeFileSync(
  inSource("capture-script.ts"),
  `/** The text of capture.sh; made by scripts/generate-capture-script.ts. */
export const CAPTURE_SCRIPT =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: The text is a program for bash.
  ${text};
`,
);
execFileSync("npx", ["biome", "format", "--write", inSource("capture-script.ts")], { stdio: "inherit" });
