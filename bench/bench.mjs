import { spawn } from "node:child_process";
import { join } from "node:path";
import { ensureBuilt, ensureDependencies, root } from "../scripts/setup.mjs";

ensureDependencies();
ensureBuilt();

const args = ["--import", "tsx", join(root, "bench", "readiness-lag.ts"), ...process.argv.slice(2)];
const child = spawn(process.execPath, args, { stdio: "inherit" });
child.on("exit", (code) => process.exit(code ?? 1));
