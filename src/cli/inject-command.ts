import { type Command, Option } from "commander";
import { MODES } from "../kubernetes/sidecar.ts";
import { PRESET_NAMES } from "../settings/presets.ts";
import type { InjectFlags } from "./inject.ts";
import { VERSION } from "./version.ts";

const MORE = `
Pods get the gate when their pod template is annotated readiness-gate.dev/inject: "true" (and
readiness-gate.dev/mode: observe, ready or hold), or when --selector or --all says so; "false" keeps it out.
Seldon's Server and ServerConfig are annotated themselves.

Modes:
  observe  watches and records; no readiness probe, never in the way
  ready    also the kubelet's readiness probe
  hold     also holds back what starts after the gate, for 30 s at most: the gate goes right after the server's
           container, since the order of the list is the order of the start. What is to wait must come after it.

Pods that are to end (Jobs, CronJobs, restartPolicy other than Always) get it as a native sidecar in any case.

What is not changed comes out as it went in, to the byte. A second run changes nothing. What was done is said on
stderr. Broken YAML ends with 2 and nothing is written.

Examples:
  helm template my-release my-chart | readiness-gate inject | kubectl apply -f -
  helm install my-release my-chart --post-renderer readiness-gate --post-renderer-args inject
  kubectl get deployment iris -o yaml | readiness-gate inject --all --preset mlserver | kubectl diff -f -`;

/** Adds the command `inject`. */
export function addInject(program: Command, end: (code: number | null) => void): void {
  program
    .command("inject")
    .description(
      "reads Kubernetes manifests (YAML or JSON) from stdin and writes them with the gate added to their pods",
    )
    .option("--image <name>", "the gate's image", `readiness-gate:${VERSION}`)
    .addOption(choice("--mode <mode>", "what the gate does in pods that name no mode", MODES).default("ready"))
    .addOption(choice("--preset <name>", "the server beside the gate", PRESET_NAMES).default("seldon"))
    .option("--native", "as a native sidecar, in initContainers (Kubernetes 1.29 and later)", false)
    .option("--selector <key=value>", "also pods with these labels; several must all match", several, [])
    .option("--all", "also pods that are not annotated", false)
    .option(
      "--server-container <name>",
      "the server's container (default: mlserver where there is one, else the first)",
    )
    .option("--env <name=value>", "a further variable of the gate, such as GATE_TARGETS (repeatable)", several, [])
    .addHelpText("after", MORE)
    .action(async (flags: InjectFlags) => {
      const { injectManifests } = await import("./inject.ts");
      end(await injectManifests(flags));
    });
}

function choice(flag: string, description: string, words: readonly string[]): Option {
  return new Option(flag, description).choices([...words]);
}

function several(word: string, words: readonly string[]): readonly string[] {
  return [...words, word];
}
