import { formatDuration } from "../core/duration.ts";
import { formatListenAddress } from "./listen-address.ts";
import type { SettingOrigins } from "./load.ts";
import type { OptionKey } from "./option.ts";
import type { ListenAddress, SettingSource, Settings } from "./settings.ts";

/** A value as a user would write it; null: off, or found by the gate itself. */
type WrittenValue = string | number | readonly string[] | null;

/** The effective settings for the log, by option. `host` is left out: the targets show it. */
export type DescribedSettings = Record<
  Exclude<OptionKey, "host">,
  { readonly value: WrittenValue; readonly from: SettingSource }
>;

/** Plain data for the first log line: each value and where it came from. No setting is a secret. */
export function describeSettings(settings: Settings, origins: SettingOrigins): DescribedSettings {
  const { policy } = settings;
  const item = (key: OptionKey, value: WrittenValue) => ({ value, from: origins[key] });
  return {
    preset: item("preset", settings.preset),
    targets: item(
      "targets",
      settings.targets.map(({ name, url }) => `${name}=${url}`),
    ),
    openOn: item("openOn", policy.openOn),
    afterReady: item("afterReady", policy.afterReady),
    probeTimeout: item("probeTimeout", formatDuration(policy.probeTimeoutMs)),
    backoffMin: item("backoffMin", formatDuration(settings.backoffMinMs)),
    backoffMax: item("backoffMax", formatDuration(settings.backoffMaxMs)),
    interval: item("interval", formatDuration(policy.intervalMs)),
    failureThreshold: item("failureThreshold", policy.failureThreshold),
    successThreshold: item("successThreshold", policy.successThreshold),
    models: item("models", settings.models),
    startupBudget: item("startupBudget", formatDuration(policy.startupBudgetMs)),
    drain: item("drain", formatDuration(settings.drainMs)),
    listen: item("listen", formatListenAddress(settings.listen)),
    grpcListen: item("grpcListen", addressOrOff(settings.grpcListen)),
    adminListen: item("adminListen", addressOrOff(settings.adminListen)),
    journal: item("journal", settings.journal),
    terminationLog: item("terminationLog", settings.terminationLog),
    podIps: item("podIps", settings.podIps),
    logLevel: item("logLevel", settings.logLevel),
  };
}

function addressOrOff(address: ListenAddress | null): string | null {
  return address === null ? null : formatListenAddress(address);
}
