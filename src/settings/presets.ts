import { bracketed } from "./host.ts";
import type { OptionKey } from "./option.ts";

/** Names of the presets. */
export const PRESET_NAMES = ["seldon", "mlserver", "triton", "none"] as const;

/** Name of a preset. */
export type PresetName = (typeof PRESET_NAMES)[number];

/**
 * Texts of the options that a preset sets, as a user would write them, by key.
 *
 * They stand under every other source, one by one: with preset `seldon` and targets of one's own, `openOn` and
 * `startupBudget` stay Seldon's, since it is still Seldon's agent and kubelet that wait.
 *
 * Ports: Seldon Core v2's ServerConfig for MLServer (9000, 9500; rclone's remote control 5572), MLServer's own settings
 * (8080, 8081), Triton's defaults (8000, 8001).
 */
export function presetTexts(preset: PresetName, host: string): ReadonlyMap<OptionKey, readonly string[]> {
  const at = bracketed(host);
  switch (preset) {
    case "seldon":
      return new Map<OptionKey, readonly string[]>([
        ["targets", [...inferenceTargets(at, 9000, 9500), `rclone=tcp://${at}:5572?required=false`]],
        ["openOn", ["live"]],
        ["startupBudget", ["90s"]],
      ]);
    case "mlserver":
      return new Map([["targets", inferenceTargets(at, 8080, 8081)]]);
    case "triton":
      return new Map([["targets", inferenceTargets(at, 8000, 8001)]]);
    case "none":
      return new Map();
  }
}

function inferenceTargets(host: string, httpPort: number, grpcPort: number): readonly string[] {
  return [`http=http://${host}:${httpPort}/v2/health/ready`, `grpc=grpc://${host}:${grpcPort}`];
}
