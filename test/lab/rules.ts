import type { Pod } from "../support/pod.ts";
import type { Act } from "./scenario.ts";

/** Splits a command line at spaces; a part in single quotes stays one. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

async function runOrThrow(pod: Pod, line: string): Promise<void> {
  const [command = "", ...args] = words(line);
  const { code, stderr } = await pod.run(command, args);
  if (code !== 0) throw new Error(`${line}: ${stderr.trim()}`);
}

/** Runs a command in the pod to its end, as root. */
export function command(line: string): Act {
  return ({ pod }) => runOrThrow(pod, line);
}

/** Runs a command in the namespace on the other side of eth0. */
export function commandAtPeer(line: string): Act {
  return (lab) => runOrThrow(lab.peer(), line);
}

/** Sets a rule, or takes one away with `-D`. `--wait` since two commands at once would disturb each other. */
export function iptables(rule: string): Act {
  return command(`iptables --wait ${rule}`);
}

export function ip6tables(rule: string): Act {
  return command(`ip6tables --wait ${rule}`);
}

const NFT_CHAINS = {
  input: "type filter hook input priority 0",
  output: "type filter hook output priority 0",
  prerouting: "type filter hook prerouting priority -300",
  nat: "type nat hook output priority -100",
} as const;

/** Sets a rule in a table of the lab's own, for both families. */
export function nft(chain: keyof typeof NFT_CHAINS, rule: string): Act {
  return async ({ pod }) => {
    await runOrThrow(pod, "nft add table inet lab");
    await runOrThrow(pod, `nft 'add chain inet lab ${chain} { ${NFT_CHAINS[chain]}; }'`);
    await runOrThrow(pod, `nft 'add rule inet lab ${chain} ${rule}'`);
  };
}

/** Takes away every rule that {@link nft} has set. */
export const nftGone: Act = command("nft delete table inet lab");

/** Sets a kernel parameter of the namespace. */
export function sysctl(name: string, value: string): Act {
  return command(`sysctl -q -w '${name}=${value}'`);
}
