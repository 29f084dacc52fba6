import { existsSync } from "node:fs";
import { run } from "./cli/program.ts";

// A reader that has gone (`wait | head -1`) is no error: the command goes on, and its exit code still counts.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

const code = await run({
  argv: process.argv.slice(2),
  environment: process.env,
  terminationLogExists: existsSync("/dev/termination-log"),
});
if (code !== null) process.exit(code);
