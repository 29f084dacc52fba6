import { unmapped } from "../core/coverage.ts";
import { formatDuration } from "../core/duration.ts";
import { isLocalHost } from "./host.ts";
import { formatListenAddress } from "./listen-address.ts";
import type { OptionKey } from "./option.ts";
import type { Problem } from "./problem.ts";
import type { Settings } from "./settings.ts";

/** What the checks see. */
export interface CheckContext {
  readonly settings: Settings;
  /** Addresses on the interfaces here, in canonical text. */
  readonly ownAddresses: readonly string[];
  /** Where an option's value came from, for messages. */
  where(key: OptionKey): string;
  /** Whether these options were read without a problem: a check that needs others says nothing. */
  areSound(...keys: readonly OptionKey[]): boolean;
}

const LISTENERS = ["listen", "grpcListen", "adminListen"] as const;

/** Problems between settings that are fine each for itself. */
export function crossCheck(context: CheckContext): readonly Problem[] {
  return [backoffProblems, modelProblems, targetProblems, ownPortProblems, listenerProblems].flatMap((check) =>
    check(context),
  );
}

function backoffProblems({ settings, where, areSound }: CheckContext): readonly Problem[] {
  if (!areSound("backoffMin", "backoffMax") || settings.backoffMinMs <= settings.backoffMaxMs) return [];
  const got = formatDuration(settings.backoffMinMs);
  const expected = `at most backoffMax, which is ${formatDuration(settings.backoffMaxMs)} (${where("backoffMax")})`;
  return [{ setting: "backoffMin", source: where("backoffMin"), got, expected }];
}

function modelProblems({ settings, where, areSound }: CheckContext): readonly Problem[] {
  if (!areSound("preset", "models") || settings.preset !== "seldon" || settings.models.length === 0) return [];
  const expected =
    "no models with preset seldon: Seldon's agent loads models only once the whole pod is ready, so the gate and the agent would wait for each other";
  return [{ setting: "models", source: where("models"), got: settings.models.join(" "), expected }];
}

function targetProblems({ settings, where, areSound }: CheckContext): readonly Problem[] {
  if (!areSound("preset", "host")) return [];
  const about = { setting: "targets", source: where("targets") };
  if (settings.targets.length === 0 && areSound("targets")) {
    const why = settings.preset === "none" ? ", since preset none brings none" : "";
    return [{ ...about, got: "", expected: `at least one target${why}` }];
  }
  const names = settings.targets.map((target) => target.name);
  const repeated = names.filter((name, index) => names.indexOf(name) < index);
  const problems = [...new Set(repeated)].map((got) => ({
    ...about,
    got,
    expected: "a name that no other target has",
  }));
  if (!areSound("targets") || settings.targets.some((target) => target.required)) return problems;
  return [...problems, { ...about, got: names.join(" "), expected: "at least one target that is required" }];
}

/** A gate that asks itself would wait for itself. */
function ownPortProblems({ settings, ownAddresses, where, areSound }: CheckContext): readonly Problem[] {
  if (!areSound("preset", "host")) return [];
  const ownHosts = [...ownAddresses, ...(settings.podIps ?? [])];
  const local = settings.targets.filter(
    (target) => isLocalHost(target.host) || ownHosts.includes(unmapped(target.host)),
  );
  return LISTENERS.filter((key) => areSound(key)).flatMap((key) =>
    local
      .filter((target) => target.port === settings[key]?.port)
      .map(({ name, url, port }) => ({
        setting: "targets",
        source: where("targets"),
        got: `${name}=${url}`,
        expected: `another port than ${port}, on which the gate itself listens (${key}: ${where(key)})`,
      })),
  );
}

function listenerProblems({ settings, where, areSound }: CheckContext): readonly Problem[] {
  const used = LISTENERS.filter((key) => areSound(key)).flatMap((key) => {
    const address = settings[key];
    return address === null || address.port === 0 ? [] : [{ key, address }];
  });
  return used.flatMap(({ key, address }, index) => {
    const earlier = used.slice(0, index).find((other) => other.address.port === address.port);
    if (earlier === undefined) return [];
    const expected = `another port than that of ${earlier.key} (${where(earlier.key)})`;
    return [{ setting: key, source: where(key), got: formatListenAddress(address), expected }];
  });
}
