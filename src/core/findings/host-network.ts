import type { FindingRule } from "./finding.ts";
import { WHOLE_POD } from "./finding.ts";
import type { Scene } from "./scene.ts";

/**
 * Interfaces that networks of containers put on the node and not into pods: Linux bridges of CNI plugins and Docker,
 * Flannel, Calico, Cilium, Weave, Antrea, OVN-Kubernetes, the AWS VPC CNI, Azure CNI, GKE, kube-proxy's IPVS device, and
 * the node's ends of veth pairs. (`tunl0`, `sit0`, `ip6tnl0` and the like appear in every namespace.)
 */
const NODE_INTERFACE =
  /^(?:cni\d+|cbr0|flannel[.-].+|cali[0-9a-f]{11}|vxlan\.calico|cilium_.+|lxc[0-9a-f]{8,}|lxc_health|weave|vethwe-.+|veth[0-9a-f]{6,}|docker0|docker_gwbridge|br-[0-9a-f]{12}|kube-ipvs0|kube-bridge|antrea-gw0|ovn-k8s-mp0|br-int|nodelocaldns|eni[0-9a-f]{11}|azv[0-9a-f]{8,}|gke[0-9a-f]{11}|virbr0)$/;

/** The kubelet's API and its health port: together they listen on a node and nowhere else. */
const KUBELET_PORTS = [10_250, 10_248];

const NAMES_SHOWN = 8;

/** Whether the namespace is the node's own: the sockets in it are not only this pod's. */
export function isHostNetwork({ interfaces, listeners }: Pick<Scene, "interfaces" | "listeners">): boolean {
  return nodeInterfaces(interfaces).length > 0 || hasKubelet(listeners);
}

export const hostNetwork: FindingRule = (scene) => {
  if (!isHostNetwork(scene)) return [];
  const names = nodeInterfaces(scene.interfaces);
  const kubelet = hasKubelet(scene.listeners) ? [`the kubelet's ports ${KUBELET_PORTS.join(" and ")} listen here`] : [];
  const rest = names.length > NAMES_SHOWN ? `, and ${names.length - NAMES_SHOWN} more` : "";
  const shown = `interfaces of a node: ${names.slice(0, NAMES_SHOWN).join(", ")}${rest}`;
  return [
    {
      code: "HOST_NETWORK",
      target: WHOLE_POD,
      summary: "this is the node's own network: ports are shared with all of the node, and its firewall applies",
      remedy:
        "If `hostNetwork: true` is not meant, take it out of the pod. If it is, give every pod of the node its own ports, and look for another process on a target's port (`ss -ltnp` on the node).",
      evidence: [...(names.length > 0 ? [shown] : []), ...kubelet],
    },
  ];
};

function nodeInterfaces(names: readonly string[]): readonly string[] {
  return names.filter((name) => NODE_INTERFACE.test(name));
}

function hasKubelet(listeners: Scene["listeners"]): boolean {
  return KUBELET_PORTS.every((wanted) => listeners.some(({ port }) => port === wanted));
}
