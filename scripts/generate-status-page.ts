// Writes src/serve/page/page-assets.ts from the page's style and script; a test holds them equal.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { ASSETS_FILE, buildPageAssets } from "./status-page-assets.ts";

const { style, script } = await buildPageAssets();
writeFileSync(
  ASSETS_FILE,
  `// Made by \`npm run status-page\` of page.css and browser/main.ts.

/** The page's style, for its one style element. */
export const PAGE_STYLE = ${JSON.stringify(style)};

/** The page's script, for its one script element. */
export const PAGE_SCRIPT =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: The text is a program.
  ${JSON.stringify(script)};
`,
);
execFileSync("npx", ["biome", "format", "--write", ASSETS_FILE], { stdio: "inherit" });
