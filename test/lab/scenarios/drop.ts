import { packetFilters } from "../needs.ts";
import { command, ip6tables, iptables, nft, nftGone } from "../rules.ts";
import { afterTimeout, type ScenarioGroup, soon, TWO_FAILURES } from "../scenario.ts";
import { raw, signal, standIn, tell } from "../servers.ts";

/** Rules that let packets vanish, and a full queue, which looks the same to a client. */
export const DROP: ScenarioGroup = {
  title: "DROP",
  needs: [packetFilters],
  scenarios: [
    {
      name: "iptables INPUT DROP, the server listens",
      stages: [afterTimeout("DROPPED", standIn(), iptables("-A INPUT -p tcp --dport 9000 -j DROP"))],
    },
    {
      name: "iptables OUTPUT DROP, before the server binds and after; then the rule goes",
      stages: [
        afterTimeout("DROPPED", standIn({ bindAfterMs: null }), iptables("-A OUTPUT -p tcp --dport 9000 -j DROP")),
        afterTimeout("DROPPED", tell({ advance: true })),
        soon("READY", iptables("-D OUTPUT -p tcp --dport 9000 -j DROP")),
      ],
    },
    {
      name: "nft input drop, nothing listens",
      stages: [afterTimeout("DROPPED", nft("input", "tcp dport 9000 drop"))],
    },
    {
      name: "nft output drop of replies only, the server listens",
      stages: [afterTimeout("DROPPED", standIn(), nft("output", "tcp sport 9000 drop"))],
    },
    {
      name: "iptables INPUT DROP of replies only, nothing listens",
      stages: [afterTimeout("DROPPED", iptables("-A INPUT -p tcp --sport 9000 -j DROP"))],
    },
    {
      name: "iptables OUTPUT REJECT tcp-reset of replies only, the server listens",
      stages: [
        afterTimeout("DROPPED", standIn(), iptables("-A OUTPUT -p tcp --sport 9000 -j REJECT --reject-with tcp-reset")),
      ],
    },
    {
      name: "ip6tables INPUT DROP on ::1, the server listens",
      targets: ["http=http://[::1]:9000/v2/health/live"],
      stages: [afterTimeout("DROPPED", standIn({ host: "::" }), ip6tables("-A INPUT -p tcp --dport 9000 -j DROP"))],
    },
    {
      name: "nft drop of every third SYN, the server listens",
      stages: [afterTimeout("READY", standIn(), nft("input", "tcp dport 9000 tcp flags syn numgen inc mod 3 0 drop"))],
    },
    {
      name: "iptables DROP of all TCP to 127.0.0.0/8",
      admin: "::1",
      alsoBlocked: ["grpc", "rclone"],
      stages: [afterTimeout("LOOPBACK_DOWN", iptables("-A INPUT -d 127.0.0.0/8 -p tcp -j DROP"))],
    },
    {
      name: "lo down, the server listens; then lo comes up",
      hasPeer: true,
      admin: "peer",
      alsoBlocked: ["grpc", "rclone"],
      stages: [
        afterTimeout("LOOPBACK_DOWN", standIn(), command("ip link set lo down")),
        afterTimeout("READY", command("ip link set lo up")),
      ],
    },
    {
      name: "DROP of data alone, the handshake completes: not to be told from a server that is slow to answer",
      stages: [
        afterTimeout("STARTING_UP", standIn(), nft("input", "tcp dport 9000 tcp flags & psh == psh drop")),
        soon("READY", nftGone),
      ],
    },
    {
      name: "backlog of 1 and a stopped server: the accept queue is full; then it goes on",
      mayPass: ["server-fault"],
      stages: [
        afterTimeout(
          "BACKLOG_FULL",
          standIn({ backlog: 1 }),
          signal("server", "SIGSTOP"),
          raw({ does: "fill", host: "127.0.0.1", port: 9000, count: 3 }, "clients"),
        ),
        afterTimeout("READY", signal("server", "SIGCONT")),
      ],
    },
    {
      // The gate's own two connections fill the queue, and it opens no more.
      name: "backlog of 1 and a loop blocked for 60 s after readiness",
      flags: TWO_FAILURES,
      stages: [soon("READY", standIn({ backlog: 1 })), afterTimeout("HUNG", tell({ block: 60_000 }))],
    },
  ],
};
