import { existsSync } from "node:fs";
import { run } from "./cli/program.ts";

const code = await run({
  argv: process.argv.slice(2),
  environment: process.env,
  terminationLogExists: existsSync("/dev/termination-log"),
});
if (code !== null) process.exit(code);
