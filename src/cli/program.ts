import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../core/duration.ts";
import type { Context } from "./context.ts";
import type { DemoFlags } from "./demo.ts";
import { EXIT } from "./exit-codes.ts";
import { addInject } from "./inject-command.ts";
import { addPreflight } from "./preflight-command.ts";
import { addSettingFlags, settingsOf } from "./setting-flags.ts";
import { UsageError } from "./usage-error.ts";
import { VERSION } from "./version.ts";

/** Ends a command: an exit code, or null for one that goes on until a signal. */
type Ending = (code: number | null) => void;

/**
 * Runs the program.
 *
 * @returns the exit code; null when the command goes on and ends the process by itself
 */
export async function run(context: Context): Promise<number | null> {
  let code: number | null = EXIT.ok;
  const program = createProgram(context, (ended) => {
    code = ended;
  });
  try {
    refuseUnknownCommand(program, context.argv[0]);
    await program.parseAsync([...context.argv], { from: "user" });
    return code;
  } catch (error) {
    // Commander has already printed its message; help and version are no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.badUsage;
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`readiness-gate: ${error.message}\n`);
    return EXIT.badUsage;
  }
}

/** Commander would take it for an argument of the default command. */
function refuseUnknownCommand(program: Command, word: string | undefined): void {
  if (word === undefined || word === "" || word.startsWith("-") || word === "help") return;
  if (program.commands.some((command) => command.name() === word)) return;
  throw new UsageError(`there is no command ${JSON.stringify(word)} (readiness-gate --help lists the commands)`);
}

function createProgram(context: Context, end: Ending): Command {
  const program = new Command("readiness-gate")
    .description("Tells a slow inference server from a blocked network, and opens one gate for both of its ports.")
    .version(VERSION)
    .exitOverride()
    .enablePositionalOptions()
    .showHelpAfterError("(readiness-gate --help lists the commands)");
  addServe(program, context, end);
  addWait(program, context, end);
  addCheck(program, context, end);
  addDiagnose(program, context, end);
  addExplain(program, context, end);
  addCapture(program, context, end);
  addPreflight(program, context, end);
  addInject(program, end);
  addDemo(program, context, end);
  addStandIn(program, end);
  return program;
}

function addServe(program: Command, context: Context, end: Ending): void {
  const command = program
    .command("serve", { isDefault: true })
    .description("the sidecar: watches the targets and serves readiness (default)");
  addSettingFlags(command).action(async (flags: Record<string, unknown>) => {
    const loaded = await settingsOf(flags, context);
    const { serve } = await import("./serve.ts");
    end(await serve(loaded));
  });
}

interface WaitFlags extends Record<string, unknown> {
  readonly timeout: number;
  readonly onTimeout: "fail" | "continue";
}

function addWait(program: Command, context: Context, end: Ending): void {
  const command = program
    .command("wait")
    .description("blocks until the gate is open; asks a running gate when one answers, else watches the targets itself")
    .addOption(durationOption("--timeout", "how long to wait at most", "300s"))
    .addOption(
      new Option("--on-timeout <fail|continue>", "how to end when the time is up; continue exits with 0")
        .choices(["fail", "continue"])
        .default("fail"),
    );
  addSettingFlags(command).action(async ({ timeout, onTimeout, ...flags }: WaitFlags) => {
    const { settings, warnings } = await settingsOf(flags, context);
    const { wait } = await import("./wait.ts");
    end(await wait({ settings, warnings, timeoutMs: timeout, onTimeout }));
  });
}

function addCheck(program: Command, context: Context, end: Ending): void {
  const command = program
    .command("check")
    .description(
      "says in one line whether the gate is open: asks a running gate, else looks at the targets for 800 ms",
    );
  addSettingFlags(command).action(async (flags: Record<string, unknown>) => {
    const { settings, warnings } = await settingsOf(flags, context);
    const { check } = await import("./check.ts");
    end(await check({ settings, warnings }));
  });
}

function addDiagnose(program: Command, context: Context, end: Ending): void {
  const command = program
    .command("diagnose")
    .description("one thorough look of some seconds, printed as a report, with or without a running gate")
    .option("--json", "print the snapshot instead")
    .option("--watch", "keep it on the screen until Ctrl-C")
    .option("--from <file>", "read a journal, a capture or a snapshot instead of looking; - is standard input")
    .option("--report <file.md>", "write the proof for the network team; - is standard output");
  addSettingFlags(command).action(async (flags: Record<string, unknown>) => {
    const loaded = await settingsOf(flags, context);
    const { diagnose } = await import("./diagnose.ts");
    end(await diagnose(loaded, flags, context));
  });
}

function addExplain(program: Command, context: Context, end: Ending): void {
  program
    .command("explain")
    .description("says what a verdict means, how it is told, what else looks like it and what to do")
    .argument("[code]", "the verdict's code, such as NOT_LISTENING, in any case; all codes without it")
    .action(async (code: string | undefined) => {
      const { explain } = await import("./explain.ts");
      end(explain(code, context));
    });
}

interface CaptureFlags extends Record<string, unknown> {
  readonly printScript?: boolean;
}

function addCapture(program: Command, context: Context, end: Ending): void {
  const command = program
    .command("capture")
    .description("prints a script that collects the evidence in a container where this program is not")
    .option("--print-script", "print the script, which needs bash and /proc alone");
  addSettingFlags(command).action(async ({ printScript = false, ...flags }: CaptureFlags) => {
    const { settings, warnings } = await settingsOf(flags, context);
    const { capture } = await import("./capture.ts");
    end(capture({ settings, warnings, hasPrintScript: printScript }));
  });
}

function addDemo(program: Command, context: Context, end: Ending): void {
  const command = program
    .command("demo")
    .description("a stand-in inference server with a slow start, and a gate in front of it, told as it happens")
    .addOption(durationOption("--bind-after", "the stand-in binds its ports after this", "2s"))
    .addOption(durationOption("--answer-after", "it answers this much later", "3s"))
    .addOption(durationOption("--ready-after", "it is ready this much later", "3s"))
    .option("--http-fault <name>", "a fault of the stand-in's HTTP side")
    .option("--grpc-fault <name>", "a fault of the stand-in's gRPC side");
  addSettingFlags(command).action(async (flags: DemoFlags) => {
    const { demo } = await import("./demo.ts");
    end(await demo(flags, context));
  });
}

/** The stand-in server as a process of its own; started by `demo`, and by tests. */
function addStandIn(program: Command, end: Ending): void {
  program
    .command("stand-in", { hidden: true })
    .argument("<plan>", "what it does, as JSON")
    .action(async (plan: string) => {
      const { runStandInChild } = await import("../stand-in/child.ts");
      const { processChannel } = await import("../stand-in/process-channel.ts");
      end(null);
      await runStandInChild(plan, processChannel());
    });
}

function durationOption(flag: string, description: string, fallback: string): Option {
  return new Option(`${flag} <duration>`, description)
    .argParser(readDuration)
    .default(readDuration(fallback), fallback);
}

function readDuration(text: string): number {
  const parsed = parseDuration(text);
  if (!parsed.ok) throw new InvalidArgumentError(parsed.problem);
  return parsed.ms;
}
