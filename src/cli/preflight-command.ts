import { type Command, Option } from "commander";
import type { Context } from "./context.ts";
import { addSettingFlags, settingsOf } from "./setting-flags.ts";

const MORE = `
To be run before the server exists, as an init container of its pod. It binds the targets' ports on the addresses that
the server will use (MLServer: gRPC on all addresses of both families, HTTP on those of IPv4 unless a target names one
of IPv6), connects to each over every path with a random text, and lets the ports go so that the server can bind them at
once. Where a connection fails, it finds out why. It takes some milliseconds when all is well, and a few seconds at
most. Targets outside this network namespace are not tried.

It ends with 0 when every path to the required targets' own addresses is open, with 11 when one is blocked, with 12
when a port is already bound, and with 14 when it cannot tell. Blocked paths to the pod's other addresses are shown and
do not count. With --on-block continue it ends with 0 in any case.

Examples:
  readiness-gate preflight
  readiness-gate preflight --preset mlserver --on-block continue
  readiness-gate preflight --preset none --target app=tcp://127.0.0.1:7000`;

interface PreflightCommandFlags extends Record<string, unknown> {
  readonly onBlock: "fail" | "continue";
}

/** Adds the command `preflight`. */
export function addPreflight(program: Command, context: Context, end: (code: number | null) => void): void {
  const command = program
    .command("preflight")
    .description("tries the paths to the targets before the server exists, by listeners of its own on their ports")
    .addOption(
      new Option(
        "--on-block <fail|continue>",
        "how to end when a path is blocked or a port is bound; continue exits with 0",
      )
        .choices(["fail", "continue"])
        .default("fail"),
    );
  addSettingFlags(command)
    .addHelpText("after", MORE)
    .action(async ({ onBlock, ...flags }: PreflightCommandFlags) => {
      const { settings, warnings } = await settingsOf(flags, context);
      const { preflight } = await import("./preflight.ts");
      end(await preflight({ settings, warnings, onBlock }));
    });
}
