import { type FindingRule, WHOLE_POD } from "./finding.ts";

/** A mesh whose proxy takes connections over, told by the ports on which it listens in each pod. */
interface Mesh {
  readonly name: string;
  /** Both must listen: the ports to which outgoing and incoming connections are sent. */
  readonly captures: readonly [outbound: number, inbound: number];
  /** Further ports of its proxy. */
  readonly others: readonly number[];
  readonly exclude: string;
}

const MESHES: readonly Mesh[] = [
  {
    name: "Istio",
    captures: [15_001, 15_006],
    others: [15_008, 15_020, 15_021, 15_090],
    exclude: "`traffic.sidecar.istio.io/excludeInboundPorts` and `excludeOutboundPorts`",
  },
  {
    name: "Linkerd",
    captures: [4140, 4143],
    others: [4190, 4191],
    exclude: "`config.linkerd.io/skip-inbound-ports` and `skip-outbound-ports`",
  },
];

export const meshRedirect: FindingRule = ({ listeners }) => {
  const ports = new Set(listeners.map(({ port }) => port));
  return MESHES.filter(({ captures }) => captures.every((port) => ports.has(port))).map((mesh) => ({
    code: "MESH_REDIRECT",
    target: WHOLE_POD,
    summary: `${mesh.name}'s proxy runs in this pod: rules of the nat table send connections through it`,
    remedy: `Loopback is left alone by default. If connections to the targets fail while the proxy is not up yet, keep their ports out with ${mesh.exclude}, or let the proxy start first.`,
    evidence: [...mesh.captures, ...mesh.others]
      .filter((port) => ports.has(port))
      .map((port) => `something listens on port ${port}, which is ${mesh.name}'s`),
  }));
};
