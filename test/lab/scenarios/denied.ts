import { PEER_ADDRESS, POD_ADDRESS } from "../addresses.ts";
import { cgroupDenies, cgroupFree, WITHOUT_CONNECT } from "../denials.ts";
import { cgroupPrograms, packetFilters, python } from "../needs.ts";
import { command, commandAtPeer, iptables, sysctl } from "../rules.ts";
import { afterTimeout, type ScenarioGroup, soon } from "../scenario.ts";
import { hostsFile, raw, rawAtPeer, signal, standIn, tell } from "../servers.ts";

/** Routing decides before the local table, which by default is asked first. */
const localTableLast = command("sh -c 'ip rule add preference 100 lookup local && ip rule del preference 0'");

/** A routing rule for one port, ahead of the local table. */
function route(kind: "prohibit" | "unreachable" | "blackhole") {
  return command(`ip rule add preference 10 to 127.0.0.1 ipproto tcp dport 9000 ${kind}`);
}

const AT_PEER = [`http=http://${PEER_ADDRESS}:9000/v2/health/live`];

/** What forbids a connect before a packet is sent, and what lies outside the pod. */
export const DENIED: ScenarioGroup = {
  title: "Denials, routes and remote targets",
  needs: [packetFilters],
  scenarios: [
    {
      name: "a cgroup program denies connect, the server listens; then it goes",
      needs: [cgroupPrograms],
      run: { isInCgroup: true },
      stages: [soon("DENIED", standIn(), cgroupDenies(9000)), soon("READY", cgroupFree)],
    },
    {
      name: "a cgroup program that denies connect comes while the server starts",
      needs: [cgroupPrograms],
      run: { isInCgroup: true },
      stages: [
        soon("NOT_LISTENING", standIn({ bindAfterMs: null })),
        soon("DENIED", cgroupDenies(9000)),
        soon("NOT_LISTENING", cgroupFree),
        soon("READY", tell({ advance: true })),
      ],
    },
    {
      name: "seccomp forbids the gate to connect at all, the server listens",
      needs: [python],
      run: { under: WITHOUT_CONNECT },
      alsoBlocked: ["grpc", "rclone"],
      stages: [soon("DENIED", standIn())],
    },
    {
      name: "ip rule prohibit, the server listens; then it goes",
      stages: [
        soon("DENIED", standIn(), localTableLast, route("prohibit")),
        soon("READY", command("ip rule del preference 10")),
      ],
    },
    {
      name: "ip rule unreachable, nothing listens; then it goes",
      stages: [
        soon("UNREACHABLE", localTableLast, route("unreachable")),
        soon("NOT_LISTENING", command("ip rule del preference 10")),
      ],
    },
    {
      name: "ip rule blackhole, the server listens",
      stages: [soon("UNREACHABLE", standIn(), localTableLast, route("blackhole"))],
    },
    {
      name: "a target in another namespace that refuses; then its server starts",
      hasPeer: true,
      targets: AT_PEER,
      stages: [
        soon("REMOTE_UNREACHABLE"),
        soon("READY", rawAtPeer({ does: "answer", host: PEER_ADDRESS, port: 9000 })),
      ],
    },
    {
      name: "a target in another namespace behind DROP",
      hasPeer: true,
      targets: AT_PEER,
      stages: [
        afterTimeout(
          "REMOTE_UNREACHABLE",
          rawAtPeer({ does: "answer", host: PEER_ADDRESS, port: 9000 }),
          commandAtPeer("iptables --wait -A INPUT -p tcp --dport 9000 -j DROP"),
        ),
      ],
    },
    {
      name: "a target on a neighbour that is not there",
      targets: ["http=http://10.42.0.99:9000/v2/health/live"],
      stages: [afterTimeout("REMOTE_UNREACHABLE")],
    },
    {
      name: "a target without a route",
      targets: ["http=http://192.0.2.1:9000/v2/health/live"],
      stages: [soon("REMOTE_UNREACHABLE")],
    },
    {
      name: "a Service address that a rule of the pod refuses, as kube-proxy does without endpoints",
      targets: ["http=http://10.43.0.10:9000/v2/health/live"],
      stages: [
        soon(
          "REMOTE_UNREACHABLE",
          command("ip route add 10.43.0.0/16 dev eth0"),
          iptables("-A OUTPUT -d 10.43.0.10 -p tcp -j REJECT"),
        ),
      ],
    },
    {
      name: "a name that does not resolve; then it stands in /etc/hosts",
      targets: ["http=http://model-server.invalid:9000/v2/health/live"],
      run: { hosts: "127.0.0.1 localhost\n" },
      stages: [
        afterTimeout("NAME_UNRESOLVED", standIn()),
        soon("READY", hostsFile("127.0.0.1 localhost model-server.invalid\n")),
      ],
    },
    {
      name: "the pod's own address behind a REJECT, the server listens on 0.0.0.0",
      targets: [`http=http://${POD_ADDRESS}:9000/v2/health/live`],
      stages: [
        soon(
          "REJECTED",
          standIn({ host: "0.0.0.0" }),
          iptables(`-A INPUT -d ${POD_ADDRESS} -p tcp --dport 9000 -j REJECT`),
        ),
      ],
    },
    {
      name: "every port to connect from is used up, the server listens; then its clients end",
      stages: [
        soon(
          "LOCAL_LIMIT",
          standIn(),
          sysctl("net.ipv4.ip_local_port_range", "40000 40099"),
          raw({ does: "fill", host: "127.0.0.1", port: 9000, count: 100 }, "clients"),
        ),
        soon("READY", signal("clients", "SIGKILL")),
      ],
    },
    {
      name: "one port to connect from is left, a gRPC call needs two; then the clients end",
      target: "grpc",
      targets: ["grpc=grpc://127.0.0.1:9500"],
      stages: [
        {
          ...soon(
            "LOCAL_LIMIT",
            standIn(),
            sysctl("net.ipv4.ip_local_port_range", "40000 40099"),
            raw({ does: "fill", host: "127.0.0.1", port: 9500, count: 99 }, "clients"),
          ),
          steadyLooks: 10,
          watchedLooks: 10,
        },
        // A port in TIME_WAIT is given out again after a second.
        { ...soon("READY", signal("clients", "SIGKILL")), withinMs: 5_000 },
      ],
    },
  ],
};
