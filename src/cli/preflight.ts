import type { Target } from "../core/target.ts";
import { evidenceAddresses } from "../kernel/interfaces.ts";
import { openListenTable } from "../kernel/listen-table.ts";
import { isLocalAddress } from "../kernel/local-addresses.ts";
import { preflight as run } from "../preflight/preflight.ts";
import { outcomeOf, type PathVerdict } from "../preflight/report.ts";
import { preflightText } from "../preflight/report-text.ts";
import type { Endpoint } from "../probes/connect.ts";
import { openLog } from "../record/log.ts";
import { writeTerminationLog } from "../record/termination-log.ts";
import type { Settings } from "../settings/settings.ts";
import { newResolver } from "../watch/resolver.ts";
import { systemClock as clock } from "../watch/system-clock.ts";
import { PROC_ROOT } from "./compose.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { startOwnLook } from "./own-look.ts";

/** What `preflight` does its work with. */
export interface PreflightFlags {
  readonly settings: Settings;
  readonly warnings: readonly string[];
  /** What happens when a path is blocked or a port cannot be bound: fail with its exit code, or let go with 0. */
  readonly onBlock: "fail" | "continue";
}

/** The kernel answers over an address of its own at once, or a rule swallows the question. */
const LONGEST_TRY_MS = 1000;
const RESOLVE_MS = 1000;

/**
 * Tries the paths to the targets before the server exists, by listeners of our own on its ports, and prints what was
 * found.
 *
 * @returns the exit code
 */
export async function preflight({ settings, warnings, onBlock }: PreflightFlags): Promise<number> {
  const log = openLog(settings.logLevel, 2);
  for (const text of warnings) log.warn(text);
  const table = openListenTable(PROC_ROOT, () => clock.now().monotonicMs);
  const report = await run(
    {
      targets: settings.targets,
      preset: settings.preset,
      withinMs: Math.min(settings.policy.probeTimeoutMs, LONGEST_TRY_MS),
    },
    {
      clock,
      resolve: localAddressesOf,
      podAddresses: evidenceAddresses(settings.podIps).filter(isLocalAddress),
      listeners: () => table.fresh() ?? [],
      explain: (failing) => explain(failing, settings),
    },
  );
  table.close();
  const text = preflightText(report);
  process.stdout.write(text);
  const outcome = outcomeOf(report);
  noteLastWords(settings, `preflight: ${outcome.summary}\n${text}`, (problem) => log.warn(problem));
  if (onBlock === "fail" || outcome.class === "ready") return exitCodeOf(outcome.class === "ready", outcome.class);
  process.stdout.write("going on in spite of it (--on-block continue)\n");
  return EXIT.ok;
}

async function localAddressesOf(target: Target): Promise<readonly string[] | { readonly reason: string }> {
  const { resolution, addresses } = await newResolver(clock).resolve(target.host, RESOLVE_MS);
  if (!resolution.isResolved) return { reason: `${target.host} does not resolve (${resolution.code})` };
  const local = addresses.filter(isLocalAddress);
  return local.length > 0 ? local : { reason: `${target.host} is outside this network namespace` };
}

/** Lets a gate look at the listeners of our own: it tells what blocks a connection, with its evidence. */
async function explain(failing: readonly Endpoint[], settings: Settings): Promise<readonly PathVerdict[]> {
  const targets = failing.map(({ address, port }, index): Target => {
    const url = `tcp://${address.includes(":") ? `[${address}]` : address}:${port}`;
    return { name: `path-${index}`, url, scheme: "tcp", host: address, port, required: true };
  });
  const own = startOwnLook({ ...settings, preset: "none", targets, models: [] }, []);
  await own.decided;
  const verdicts = own.gate.state().targets.map(({ verdict }) => verdict);
  await own.stop();
  return verdicts;
}

function noteLastWords({ terminationLog }: Settings, text: string, warn: (problem: string) => void): void {
  if (terminationLog === null) return;
  const problem = writeTerminationLog(terminationLog, text);
  if (problem !== null) warn(`the termination log ${terminationLog} cannot be written: ${problem}`);
}
