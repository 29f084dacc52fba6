import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { root } from "./setup.mjs";

// node scripts/build.mjs [entry] [bundle]
const [entry = join(root, "src", "main.ts"), bundle = join(root, "dist", "readiness-gate.mjs")] = process.argv.slice(2);

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

// CommonJS dependencies that end up in an ES module still ask for these three.
const banner = `#!/usr/bin/env node
import { createRequire as __createRequire } from "node:module";
import { dirname as __directoryOf } from "node:path";
import { fileURLToPath as __pathOf } from "node:url";
const require = __createRequire(import.meta.url);
const __filename = __pathOf(import.meta.url);
const __dirname = __directoryOf(__filename);`;

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: [entry],
  outfile: bundle,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  banner: { js: banner },
  define: { READINESS_GATE_VERSION: JSON.stringify(version) },
  loader: { ".proto": "text" },
  // The linked map is a file of its own, which Node.js reads only under --enable-source-maps.
  sourcemap: "linked",
  metafile: true,
  logLevel: "warning",
}).catch(() => process.exit(1)); // esbuild has already printed what was wrong.

mkdirSync(dirname(bundle), { recursive: true });
writeFileSync(join(dirname(bundle), "meta.json"), JSON.stringify(metafile));
chmodSync(bundle, 0o755);
