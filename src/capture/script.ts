import ipaddr from "ipaddr.js";
import { unmapped } from "../core/coverage.ts";
import { hostPort } from "../core/evidence.ts";
import type { Target } from "../core/target.ts";
import { CAPTURE_SCRIPT } from "./capture-script.ts";

/** What the script is to look at. */
export interface CaptureRequest {
  readonly targets: readonly Target[];
  /** Further addresses of the pod to connect to; null: the script finds them. */
  readonly podIps: readonly string[] | null;
}

/** The script, with its targets written into its head. */
export function captureScript({ targets, podIps }: CaptureRequest): string {
  const rows = targets.map((target) => `  ${wordsOf(target).map(quoted).join(" ")}\n`).join("");
  const evidence = podIps === null ? "auto" : podIps.map(spelled).join(" ");
  // Functions, since a text would have its `$` read.
  return CAPTURE_SCRIPT.replace("  # TARGETS\n", () => rows).replace(
    "evidence='auto'",
    () => `evidence=${quoted(evidence)}`,
  );
}

/** The six words of a target: name, URL, port, addresses, path to ask for or `-`, Host header. */
function wordsOf(target: Target): readonly string[] {
  const path = target.scheme === "http" ? target.path : "-";
  const addresses = addressesOf(target.host).map(spelled).join(" ");
  return [target.name, target.url, String(target.port), addresses, path, hostPort(target.host, target.port)];
}

/** As the watch takes them; a name other than `localhost` is left to the container's resolver. */
function addressesOf(host: string): readonly string[] {
  if (host === "localhost") return ["127.0.0.1", "::1"];
  const plain = unmapped(host);
  if (plain === "0.0.0.0") return ["127.0.0.1"];
  return plain === "::" ? ["::1"] : [plain];
}

/** IPv6 as `/proc/net/if_inet6` spells it, in eight groups of four digits, for bash to compare; all else as it is. */
function spelled(address: string): string {
  if (address === "::1" || !ipaddr.IPv6.isValid(address)) return address;
  const groups = ipaddr.IPv6.parse(address).parts;
  return groups.map((group) => group.toString(16).padStart(4, "0")).join(":");
}

/** A word that bash takes literally. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
