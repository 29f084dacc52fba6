import type { VerdictEntry } from "./entry.ts";

export const NETWORK_BLOCK_CODES = {
  REJECTED: {
    means: "A rule, not the kernel's own TCP, refuses the connection.",
    told: "Two bursts of attempts in a row were refused to the last one while the kernel's TCP sent no reset (`Tcp: OutRsts` stood still), and at the same moment a port of the gate's own that was surely closed moved that counter once for each attempt. Or each attempt brought an ICMP message (`InDestUnreachs`) and none counted as failed in TCP (`AttemptFails`). Both hold before any server has bound the port.",
    alike:
      "To a client this is ECONNREFUSED after a fraction of a millisecond, like a port that nobody has bound (`NOT_LISTENING`); the counters make the difference. A rule that redirects to a dead port lets the kernel refuse (`INTERCEPTED`); one that sends the connects to another network namespace shows by packets that do not pass `lo` (`/proc/net/dev`), and what is refused there is no block here. Where other connections are reset all the time, or the kernel does not count (gVisor, Kata), no rule is claimed and `refusedBy` says `unknown`.",
    remedy:
      "On the node, with the PID of any process of the pod: `nsenter -t PID -n nft list ruleset`, `nsenter -t PID -n iptables-save -c` (`ip6tables-save -c` for IPv6), and look for `reject`. Exclude the port where the rule comes from: a mesh's annotation, a CNI plugin, a container with NET_ADMIN.",
  },
  DROPPED: {
    means: "The connection attempt vanishes: no answer comes back at all.",
    told: "Two attempts in parallel got no answer until the deadline, no accept queue was full (`ListenOverflows` and `ListenDrops` stood still), and in the same window the gate's own canary, another port of the same loopback, answered.",
    alike:
      "A full accept queue times out as well: `BACKLOG_FULL`. If the canary fails too, all of loopback is gone: `LOOPBACK_DOWN`. A slow server does not look like this, bound or not: without a rule the kernel itself answers each attempt at once, by accepting or by refusing. A rule that swallows the kernel's own resets makes a closed port look the same: the control shows it, and no drop is claimed.",
    remedy:
      "On the node, with the PID of any process of the pod: run `nsenter -t PID -n iptables-save -c | grep DROP` twice, a rule whose counter grows is the one; `nsenter -t PID -n nft list ruleset` for the rest. If there is none, look for a cgroup program: `bpftool cgroup tree`.",
  },
  UNREACHABLE: {
    means: "There is no route to the address, or a rule says that it is unreachable or prohibited.",
    told: "The connect itself fails with EHOSTUNREACH, ENETUNREACH, EINVAL (a blackhole route) or ENOPROTOOPT, for an address that belongs to this network namespace.",
    alike:
      "A missing route and a rule that answers with ICMP give the same error; `nstat -az IcmpInDestUnreachs` tells, as it grows by each attempt for a rule alone. If the canary fails as well it is `LOOPBACK_DOWN`; for an address elsewhere it is `REMOTE_UNREACHABLE`; EACCES is `DENIED`.",
    remedy:
      "In the pod's network namespace compare `ip rule`, `ip route show table all` and `ip route get ADDRESS` with a healthy pod's. If they are in order, a rule answers with ICMP: `nsenter -t PID -n iptables-save -c` on the node, and look for `--reject-with icmp`.",
  },
  DENIED: {
    means: "The kernel forbids the connect itself: a cgroup program, seccomp or a security module.",
    told: "The connect fails at once with EPERM or EACCES, and neither the counter of resets nor those of ICMP moved: no packet was answered.",
    alike:
      "EACCES with the ICMPv6 counter moved is a rule: `REJECTED`. A prohibit route gives EACCES too and is counted here; `ip route show table all type prohibit` lists it. It is the gate's container that was denied: another container of the pod may be allowed.",
    remedy:
      "Ask who runs the node's security agent or its eBPF policies: on the node `bpftool cgroup tree` lists the programs (look for `connect4` and `connect6`). Also look at the container's seccomp and AppArmor profiles: `kubectl get pod POD -o yaml`.",
  },
  INTERCEPTED: {
    means: "Something other than the listening socket answers or refuses the connection.",
    told: "Seen twice, at least 250 ms apart: a connect succeeds though no socket listened on the port before and after it; or the kernel itself refuses (one reset for each attempt, proven by the control) though the same socket, by its inode, listened for that address before and after. A target that answers as it should all the same is `READY`.",
    alike:
      "A server that binds anew all the time shows a socket before and after as well: the inode and the second sighting rule it out. An IPv6-only `::` refuses 127.0.0.1 in the same way, and a socket bound to a device all of loopback: where no connection is tracked no nat rule exists and it is `BOUND_ELSEWHERE`. Otherwise the `::` stays `UNKNOWN`, and a device cannot be told from a redirect: `ss -ltn` writes it as `0.0.0.0%eth0:PORT`.",
    remedy:
      "On the node, with the PID of any process of the pod: `nsenter -t PID -n iptables-save -t nat -c`, `nsenter -t PID -n nft list ruleset`, and look for `redirect` and `dnat`. Exclude the port from the mesh (Istio: `traffic.sidecar.istio.io/excludeInboundPorts`; Linkerd: `config.linkerd.io/skip-inbound-ports`).",
  },
  LOOPBACK_DOWN: {
    means: "Not even the gate's own listener can be reached over loopback.",
    told: "The gate listens on a port of its own, connects to it over 127.0.0.1 and over ::1 and expects its own nonce: this canary fails in the same window in which the target cannot be reached.",
    alike:
      "IPv6 switched off is not this: the canary is then `absent` on ::1, and not `failed`. A rule for the server's port alone leaves the canary alive (`REJECTED`, `DROPPED`); a rule for all of loopback does not, and `ip -br link show lo` tells it from an interface that is down.",
    remedy:
      "In the pod's network namespace `ip -br addr show lo` should list 127.0.0.1/8, and `ip -br link show lo` the flag UP. If not, the sandbox is broken: delete the pod, so that a new one is made. If so, a rule covers loopback: `nft list ruleset`, `iptables-save -c`.",
  },
} as const satisfies Record<string, VerdictEntry>;
