import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const inPage = (path: string) => fileURLToPath(new URL(`../src/serve/page/${path}`, import.meta.url));

/** Where the two texts are kept for the gate. */
export const ASSETS_FILE = inPage("page-assets.ts");

/** What a page of HTML carries inside. */
export interface PageAssets {
  readonly style: string;
  readonly script: string;
}

/** Makes the page's style and its script, each in one text; the same from the same sources. */
export async function buildPageAssets(): Promise<PageAssets> {
  return { style: await bundled(inPage("page.css")), script: await bundled(inPage("browser/main.ts")) };
}

async function bundled(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    platform: "browser",
    format: "iife",
    target: ["es2023", "chrome120", "firefox120", "safari17"],
    charset: "utf8",
    legalComments: "none",
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`nothing was made of ${entry}`);
  return output.text.trim();
}
