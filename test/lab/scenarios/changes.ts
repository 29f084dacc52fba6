import { mlserver, packetFilters } from "../needs.ts";
import { iptables, nft, nftGone } from "../rules.ts";
import { afterTimeout, type ScenarioGroup, type Stage, soon, TWO_FAILURES } from "../scenario.ts";
import { answers, noise, openFiles, pause, portIs, realServer, signal, standIn, tell } from "../servers.ts";

const REJECT_9000 = "INPUT -p tcp --dport 9000 -j REJECT --reject-with tcp-reset";
const DROP_9000 = "INPUT -p tcp --dport 9000 -j DROP";

const importing = realServer([{ name: "heavy", importSeconds: 6 }]);
const blocked = realServer([{ name: "echo" }]);

/** Noise cannot make a rule up: a slow start stays one, however many connections come and go beside it. */
function slowStartIn(perSecond: number) {
  const stages: readonly [Stage, ...Stage[]] = [
    {
      ...soon("NOT_LISTENING", noise(perSecond), standIn({ bindAfterMs: null })),
      steadyLooks: 30,
      hasVaryingFigures: true,
    },
    soon("READY", tell({ advance: true })),
  ];
  return { name: `a slow start beside ${perSecond} connections a second, half of them refused`, stages };
}

/** Noise may hide a rule for a while. */
function ruleIn(perSecond: number) {
  const stages: readonly [Stage, ...Stage[]] = [
    { ...soon("NOT_LISTENING", noise(perSecond), standIn({ bindAfterMs: null })), hasVaryingFigures: true },
    {
      ...soon("REJECTED", iptables(`-A ${REJECT_9000}`)),
      withinMs: 5_000,
      steadyLooks: 0,
      watchedLooks: 40,
      hasVaryingFigures: true,
    },
  ];
  return { name: `REJECT tcp-reset beside ${perSecond} connections a second, half of them refused`, stages };
}

/** Rules, servers and noise that come and go while the gate runs. */
export const CHANGES: ScenarioGroup = {
  title: "Changes while the gate runs",
  needs: [packetFilters],
  scenarios: [
    {
      name: "REJECT comes during a slow start and goes, then the server binds",
      stages: [
        soon("NOT_LISTENING", standIn({ bindAfterMs: null })),
        soon("REJECTED", iptables(`-A ${REJECT_9000}`)),
        soon("NOT_LISTENING", iptables(`-D ${REJECT_9000}`)),
        soon("READY", tell({ advance: true })),
      ],
    },
    {
      name: "REJECT comes after readiness and goes",
      stages: [
        soon("READY", standIn()),
        soon("REJECTED", iptables(`-A ${REJECT_9000}`)),
        soon("READY", iptables(`-D ${REJECT_9000}`)),
      ],
    },
    {
      name: "DROP comes during a slow start and goes",
      stages: [
        soon("NOT_LISTENING", standIn({ bindAfterMs: null })),
        afterTimeout("DROPPED", iptables(`-A ${DROP_9000}`)),
        soon("NOT_LISTENING", iptables(`-D ${DROP_9000}`)),
        soon("READY", tell({ advance: true })),
      ],
    },
    {
      name: "DROP comes after readiness and goes",
      flags: TWO_FAILURES,
      stages: [
        soon("READY", standIn()),
        afterTimeout("DROPPED", iptables(`-A ${DROP_9000}`)),
        soon("READY", iptables(`-D ${DROP_9000}`)),
      ],
    },
    {
      name: "a REJECT turns into a DROP and into nothing, before the server binds",
      stages: [
        soon("REJECTED", standIn({ bindAfterMs: null }), nft("input", "tcp dport 9000 reject")),
        afterTimeout("DROPPED", nftGone, nft("input", "tcp dport 9000 drop")),
        soon("NOT_LISTENING", nftGone),
      ],
    },
    {
      name: "the server is killed and a REJECT comes in its place",
      mayPass: ["server-fault"],
      stages: [
        soon("READY", standIn()),
        soon("STOPPED_LISTENING", signal("server", "SIGKILL")),
        soon("REJECTED", iptables(`-A ${REJECT_9000}`)),
      ],
    },
    {
      name: "a redirect to a dead port comes after readiness and goes",
      stages: [
        soon("READY", standIn()),
        soon("INTERCEPTED", nft("nat", "tcp dport 9000 redirect to :9100")),
        soon("READY", nftGone),
      ],
    },
    {
      name: "the gate is stopped (SIGSTOP) for 3 s during a slow start",
      stages: [
        soon("NOT_LISTENING", standIn({ bindAfterMs: null })),
        soon("NOT_LISTENING", signal("gate", "SIGSTOP"), pause(3_000), signal("gate", "SIGCONT")),
        soon("READY", tell({ advance: true })),
      ],
    },
    {
      name: "the gate is stopped (SIGSTOP) for 3 s, and the server restarts meanwhile",
      stages: [
        soon("READY", standIn()),
        soon(
          "READY",
          signal("gate", "SIGSTOP"),
          signal("server", "SIGKILL"),
          pause(3_000),
          standIn(),
          signal("gate", "SIGCONT"),
        ),
      ],
    },
    {
      name: "the gate is stopped (SIGSTOP) again and again beside a silent server",
      stages: [
        afterTimeout("STARTING_UP", standIn({ answerAfterMs: null })),
        afterTimeout(
          "STARTING_UP",
          ...[1, 2, 3].flatMap(() => [signal("gate", "SIGSTOP"), pause(1_200), signal("gate", "SIGCONT"), pause(300)]),
        ),
        soon("READY", tell({ advance: true })),
      ],
    },
    {
      name: "the gate runs out of file descriptors, and gets some again",
      readsLog: true,
      stages: [
        soon("NOT_LISTENING", standIn({ bindAfterMs: null })),
        soon("LOCAL_LIMIT", openFiles(4)),
        soon("NOT_LISTENING", openFiles(1024)),
      ],
    },
    ...[10, 100, 1_000].map(slowStartIn),
    ...[10, 100].map(ruleIn),
    {
      name: "REJECT icmp-port-unreachable beside 1000 connections a second",
      stages: [
        { ...soon("NOT_LISTENING", noise(1_000), standIn({ bindAfterMs: null })), hasVaryingFigures: true },
        { ...soon("REJECTED", iptables("-A OUTPUT -p tcp --dport 9000 -j REJECT")), hasVaryingFigures: true },
      ],
    },
    {
      // MLServer binds its gRPC port before the import, which blocks its loop, and its HTTP port afterwards.
      name: "MLServer imports a model for 6 s",
      target: "grpc",
      needs: [mlserver],
      stages: [
        { ...soon("NOT_LISTENING"), steadyLooks: 10 },
        { ...afterTimeout("STARTING_UP", importing.start, portIs("bound", 9500)), steadyLooks: 2 },
        soon("READY", answers("/v2/health/ready")),
      ],
    },
    {
      name: "MLServer's loop is blocked for 10 s after readiness, and later a REJECT comes and goes",
      flags: TWO_FAILURES,
      needs: [mlserver],
      stages: [
        soon("READY", blocked.start, answers("/v2/health/ready")),
        afterTimeout("HUNG", blocked.block("echo", 10)),
        soon("READY", answers("/v2/health/ready")),
        soon("REJECTED", iptables(`-A ${REJECT_9000}`)),
        soon("READY", iptables(`-D ${REJECT_9000}`)),
      ],
    },
  ],
};
