import { coveringSockets } from "../coverage.ts";
import { hostPort } from "../evidence.ts";
import type { ListeningSocket, Look, PathLook } from "../observation.ts";
import type { TargetState } from "../target-state.ts";
import type { Finding, FindingRule } from "./finding.ts";

/** Loopback as text, canonical: 127.0.0.0/8 and ::1. */
const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

export const loopbackOnly: FindingRule = ({ state }) => state.targets.flatMap(findingOf);

function findingOf({ target, lastLook }: TargetState): readonly Finding[] {
  if (lastLook === null) return [];
  const open = lastLook.paths.filter((path) => isOnLoopback(path) && path.connect?.outcome === "ok");
  const outside = lastLook.paths.filter((path) => path.isLocal && !isOnLoopback(path) && path.connect !== null);
  const sockets = socketsOf(lastLook);
  // A refusal beside a socket that serves the address has another cause.
  const isClosed = (path: PathLook) =>
    path.connect?.outcome === "refused" && coveringSockets(path.address, sockets).length === 0;
  if (open.length === 0 || outside.length === 0 || !outside.every(isClosed)) return [];
  const at = (path: PathLook) => hostPort(path.address, target.port);
  return [
    {
      code: "LOOPBACK_ONLY",
      target: target.name,
      summary: `${target.name} answers on loopback and is closed on the pod's address: probes of the kubelet will fail`,
      remedy:
        "Bind the server to all addresses (MLServer: `MLSERVER_HOST=0.0.0.0`). Where only containers of this pod use the port, nothing needs to be done.",
      evidence: [
        ...sockets.map((socket) => `listening on ${hostPort(socket.address, socket.port)}`).slice(0, 4),
        ...open.map((path) => `connected to ${at(path)} in ${path.connect?.ms} ms`),
        ...outside.map((path) => `connect to ${at(path)}: refused, and no socket serves that address`),
      ],
    },
  ];
}

function isOnLoopback({ address }: PathLook): boolean {
  return LOOPBACK.test(address);
}

function socketsOf({ listen }: Look): readonly ListeningSocket[] {
  return listen.isKnown ? listen.sockets : [];
}
