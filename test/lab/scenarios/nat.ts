import { PEER_ADDRESS, POD_ADDRESS } from "../addresses.ts";
import { packetFilters } from "../needs.ts";
import { iptables, nft, nftGone } from "../rules.ts";
import { afterTimeout, type ScenarioGroup, soon } from "../scenario.ts";
import { raw, rawAtPeer, standIn, tell } from "../servers.ts";

const ELSEWHERE = { does: "answer", host: "127.0.0.1", port: 9100 } as const;

/** Rules that send connections elsewhere. */
export const NAT: ScenarioGroup = {
  title: "Redirects",
  needs: [packetFilters],
  scenarios: [
    {
      name: "REDIRECT to a living port, nothing listens on the target's own",
      stages: [
        // The other server says yes, and a server's word goes first.
        soon(
          "READY",
          raw(ELSEWHERE, "elsewhere"),
          iptables("-t nat -A OUTPUT -p tcp --dport 9000 -j REDIRECT --to-ports 9100"),
        ),
      ],
    },
    {
      name: "REDIRECT to a port that accepts and says nothing, nothing listens on the target's own",
      stages: [
        afterTimeout(
          "INTERCEPTED",
          raw({ does: "listen", host: "127.0.0.1", port: 9100 }, "elsewhere"),
          iptables("-t nat -A OUTPUT -p tcp --dport 9000 -j REDIRECT --to-ports 9100"),
        ),
      ],
    },
    {
      name: "REDIRECT to a dead port, before the server binds and after; then the rule goes",
      stages: [
        soon(
          "NOT_LISTENING",
          standIn({ bindAfterMs: null, host: "127.0.0.1" }),
          iptables("-t nat -A OUTPUT -p tcp --dport 9000 -j REDIRECT --to-ports 9100"),
        ),
        soon("INTERCEPTED", tell({ advance: true })),
        soon("READY", iptables("-t nat -D OUTPUT -p tcp --dport 9000 -j REDIRECT --to-ports 9100")),
      ],
    },
    {
      name: "nft DNAT to a dead port of the pod's address, the server listens on 0.0.0.0",
      stages: [
        soon(
          "INTERCEPTED",
          standIn({ host: "0.0.0.0" }),
          nft("nat", "ip daddr 127.0.0.1 tcp dport 9000 dnat ip to 10.42.0.7:9100"),
        ),
        soon("READY", nftGone),
      ],
    },
    {
      name: "DNAT to a living port of another server, the target's own server listens",
      stages: [
        soon(
          "READY",
          standIn(),
          raw(ELSEWHERE, "elsewhere"),
          iptables("-t nat -A OUTPUT -p tcp --dport 9000 -j DNAT --to-destination 127.0.0.1:9100"),
        ),
      ],
    },
    {
      name: "DNAT of the pod's own address to another namespace, whose server is still starting",
      hasPeer: true,
      targets: [`http=http://${POD_ADDRESS}:9000/v2/health/live`],
      stages: [
        soon(
          "NOT_LISTENING",
          iptables(
            `-t nat -A OUTPUT -p tcp -d ${POD_ADDRESS} --dport 9000 -j DNAT --to-destination ${PEER_ADDRESS}:9000`,
          ),
        ),
        soon("READY", rawAtPeer({ does: "answer", host: PEER_ADDRESS, port: 9000 })),
      ],
    },
    {
      name: "a nat rule to a dead port, before a dual-stack server binds and after; then the rule goes",
      stages: [
        soon(
          "NOT_LISTENING",
          standIn({ host: "::", bindAfterMs: null }),
          iptables("-t nat -A OUTPUT -p tcp --dport 9000 -j REDIRECT --to-ports 9100"),
        ),
        soon("UNKNOWN", tell({ advance: true })),
        soon("READY", iptables("-t nat -D OUTPUT -p tcp --dport 9000 -j REDIRECT --to-ports 9100")),
      ],
    },
    {
      name: "a nat rule for another port, before a server binds for IPv6 alone and after",
      stages: [
        soon("NOT_LISTENING", iptables("-t nat -A OUTPUT -p tcp --dport 8080 -j REDIRECT --to-ports 9100")),
        soon("UNKNOWN", raw({ does: "answer", host: "::", port: 9000, ipv6Only: true })),
      ],
    },
    {
      name: "a nat rule for another port, during a slow start",
      stages: [
        soon(
          "NOT_LISTENING",
          standIn({ bindAfterMs: null, host: "::" }),
          iptables("-t nat -A OUTPUT -p tcp --dport 8080 -j REDIRECT --to-ports 9100"),
        ),
        soon("READY", tell({ advance: true })),
      ],
    },
  ],
};
