import { packetFilters, root } from "../needs.ts";
import { ip6tables, iptables, nft, nftGone } from "../rules.ts";
import { afterTimeout, type ScenarioGroup, soon } from "../scenario.ts";
import { standIn, tell } from "../servers.ts";

const HTTP_6 = ["http=http://[::1]:9000/v2/health/live"];

/** Rules that refuse. */
export const REJECT: ScenarioGroup = {
  title: "REJECT",
  needs: [packetFilters],
  scenarios: [
    {
      name: "iptables INPUT REJECT tcp-reset, the server listens",
      stages: [soon("REJECTED", standIn(), iptables("-A INPUT -p tcp --dport 9000 -j REJECT --reject-with tcp-reset"))],
    },
    {
      name: "iptables OUTPUT REJECT tcp-reset, before the server binds and after",
      stages: [
        soon(
          "REJECTED",
          standIn({ bindAfterMs: null }),
          iptables("-A OUTPUT -p tcp --dport 9000 -j REJECT --reject-with tcp-reset"),
        ),
        soon("REJECTED", tell({ advance: true })),
      ],
    },
    {
      name: "iptables INPUT REJECT icmp-port-unreachable, nothing listens",
      stages: [soon("REJECTED", iptables("-A INPUT -p tcp --dport 9000 -j REJECT"))],
    },
    {
      name: "iptables OUTPUT REJECT icmp-port-unreachable, the server listens",
      stages: [soon("REJECTED", standIn(), iptables("-A OUTPUT -p tcp --dport 9000 -j REJECT"))],
    },
    ...(["host", "net", "proto"] as const).map((what) => ({
      name: `iptables INPUT REJECT icmp-${what}-unreachable, the server listens`,
      stages: [
        soon(
          "UNREACHABLE",
          standIn(),
          iptables(`-A INPUT -p tcp --dport 9000 -j REJECT --reject-with icmp-${what}-unreachable`),
        ),
      ] as const,
    })),
    {
      name: "iptables OUTPUT REJECT icmp-admin-prohibited, nothing listens",
      stages: [
        soon("UNREACHABLE", iptables("-A OUTPUT -p tcp --dport 9000 -j REJECT --reject-with icmp-admin-prohibited")),
      ],
    },
    {
      name: "nft input reject with tcp reset, nothing listens",
      stages: [soon("REJECTED", nft("input", "tcp dport 9000 reject with tcp reset"))],
    },
    {
      name: "nft output reject with icmpx port-unreachable, the server listens",
      stages: [soon("REJECTED", standIn(), nft("output", "tcp dport 9000 reject with icmpx type port-unreachable"))],
    },
    {
      name: "nft prerouting reject with tcp reset, the server listens; then the rule goes",
      stages: [
        soon("REJECTED", standIn(), nft("prerouting", "tcp dport 9000 reject with tcp reset")),
        soon("READY", nftGone),
      ],
    },
    {
      name: "nft input reject of all but one connection a second, which a gRPC call needs two of; then the rule goes",
      target: "grpc",
      targets: ["grpc=grpc://127.0.0.1:9500"],
      stages: [
        {
          ...soon(
            "REJECTED",
            standIn(),
            nft("input", "tcp dport 9500 ct state new limit rate over 1/second burst 1 packets reject with tcp reset"),
          ),
          steadyLooks: 10,
          watchedLooks: 10,
        },
        soon("READY", nftGone),
      ],
    },
    {
      name: "ip6tables INPUT REJECT tcp-reset on ::1, nothing listens",
      targets: HTTP_6,
      stages: [soon("REJECTED", ip6tables("-A INPUT -p tcp --dport 9000 -j REJECT --reject-with tcp-reset"))],
    },
    {
      name: "ip6tables OUTPUT REJECT icmp6-port-unreachable on ::1, the server listens",
      targets: HTTP_6,
      stages: [afterTimeout("REJECTED", standIn({ host: "::" }), ip6tables("-A OUTPUT -p tcp --dport 9000 -j REJECT"))],
    },
    {
      name: "ip6tables INPUT REJECT icmp6-adm-prohibited on ::1, nothing listens",
      targets: HTTP_6,
      stages: [
        afterTimeout(
          "REJECTED",
          ip6tables("-A INPUT -p tcp --dport 9000 -j REJECT --reject-with icmp6-adm-prohibited"),
        ),
      ],
    },
    {
      name: "ip6tables INPUT REJECT icmp6-no-route on ::1, the server listens",
      targets: HTTP_6,
      stages: [
        afterTimeout(
          "REJECTED",
          standIn({ host: "::" }),
          ip6tables("-A INPUT -p tcp --dport 9000 -j REJECT --reject-with icmp6-no-route"),
        ),
      ],
    },
    {
      name: "iptables REJECT for 127.0.0.0/8 on one port, before the server binds and after",
      stages: [
        soon(
          "REJECTED",
          standIn({ bindAfterMs: null }),
          iptables("-A INPUT -d 127.0.0.0/8 -p tcp --dport 9000 -j REJECT"),
        ),
        soon("REJECTED", tell({ advance: true })),
      ],
    },
    {
      name: "iptables REJECT icmp-port-unreachable for all TCP to 127.0.0.0/8",
      admin: "::1",
      alsoBlocked: ["grpc", "rclone"],
      stages: [soon("REJECTED", iptables("-A INPUT -d 127.0.0.0/8 -p tcp -j REJECT"))],
    },
    {
      name: "iptables REJECT tcp-reset for every new connection to 127.0.0.0/8, the server listens",
      admin: "::1",
      alsoBlocked: ["grpc", "rclone"],
      stages: [
        // Without --syn the rule would also take the resets that it sends itself.
        soon(
          "LOOPBACK_DOWN",
          standIn(),
          iptables("-A OUTPUT -d 127.0.0.0/8 -p tcp --syn -j REJECT --reject-with tcp-reset"),
        ),
      ],
    },
    {
      name: "iptables OUTPUT REJECT for the gate's user alone (-m owner), the server listens",
      needs: [root],
      stages: [
        soon("REJECTED", standIn(), iptables("-A OUTPUT -p tcp --dport 9000 -m owner --uid-owner 1000 -j REJECT")),
      ],
    },
    {
      name: "a rule for another port, during a slow start",
      stages: [
        soon("NOT_LISTENING", standIn({ bindAfterMs: null }), iptables("-A INPUT -p tcp --dport 8080 -j REJECT")),
        soon("READY", tell({ advance: true })),
      ],
    },
  ],
};
