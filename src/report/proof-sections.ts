import type { FailingPath } from "../core/failing-path.ts";
import type { Snapshot } from "../core/snapshot.ts";

/** What the observations prove and what they do not. */
export function limitsSection(): readonly string[] {
  return [
    "## What this proves, and what it does not",
    "",
    "- The counters are those of this pod's network namespace. They are read without privileges, by any process in it.",
    "- Linux counts each reset that its TCP sends (`OutRsts`). A reset that a rule makes (`REJECT --reject-with tcp-reset`) is not counted there; an ICMP that a rule sends is counted as received (`InDestUnreachs`). So refused attempts without resets were refused by a rule, whether or not a server listens.",
    "- Other traffic can only add to the counters: noise can hide a rule, and never make one up.",
    "- A connect over loopback that gets no answer at all was swallowed by a rule, or by a full accept queue, which `ListenOverflows` shows.",
    "- It speaks of connections **inside this pod**, over loopback and the pod's own addresses. It says nothing about connections from other pods, from the node or from outside, nor about NetworkPolicies, which do not apply to loopback.",
    "- It shows that a rule refuses, not which one, nor who made it. The commands below do.",
    "- A refusal by the kernel beside `no socket listens` is a server that has not bound its port: no rule is needed to explain it.",
  ];
}

/** Commands that show the same without this program. */
export function reproduceSection(failing: readonly FailingPath[], { targets }: Snapshot): readonly string[] {
  const ports = failing.length > 0 ? failing.map(({ target }) => target.port) : targets.flatMap(portOf);
  const port = ports[0] ?? 9000;
  const address = failing[0]?.path.address ?? "127.0.0.1";
  return [
    "## See it by hand",
    "",
    "On the node, as root. PID is that of any process of the pod: `crictl inspect --output go-template --template '{{.info.pid}}' CONTAINER`.",
    "",
    "```sh",
    "# the counters before and after three attempts: a rule refuses where TcpOutRsts does not grow by three",
    "nsenter -t PID -n nstat -az TcpOutRsts TcpAttemptFails IcmpInDestUnreachs Icmp6InDestUnreachs TcpExtListenOverflows",
    `nsenter -t PID -n bash -c 'for i in 1 2 3; do : 3<>/dev/tcp/${address}/${port}; done'`,
    "nsenter -t PID -n nstat -az TcpOutRsts TcpAttemptFails IcmpInDestUnreachs Icmp6InDestUnreachs TcpExtListenOverflows",
    "",
    "# who listens",
    "nsenter -t PID -n ss -ltn",
    "",
    "# the rules, with counters: the one that grows with each attempt is it",
    "nsenter -t PID -n nft list ruleset",
    "nsenter -t PID -n iptables-save -c",
    "nsenter -t PID -n ip6tables-save -c",
    "```",
    "",
    "Inside the pod, without root, the first and the last of `nstat` are lines of `/proc/net/snmp`, `/proc/net/snmp6` and `/proc/net/netstat`; `ss -ltn` is `/proc/net/tcp` and `/proc/net/tcp6`.",
  ];
}

/** The port of a target's URL, where it names one. */
function portOf({ url }: Snapshot["targets"][number]): readonly number[] {
  const port = /:(\d{1,5})(?:[/?]|$)/.exec(url)?.[1];
  return port === undefined ? [] : [Number(port)];
}
