/** The pod's own addresses, besides loopback. */
export const POD_ADDRESS = "10.42.0.7";
export const POD_ADDRESS_6 = "fd00:42::7";
/** The other side of the pod's eth0, where a scenario has one: the node, or another pod. */
export const PEER_ADDRESS = "10.42.0.1";
