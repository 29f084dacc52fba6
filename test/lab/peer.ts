import { createPod, type Pod } from "../support/pod.ts";
import { PEER_ADDRESS, POD_ADDRESS } from "./addresses.ts";

async function ip(pod: Pod, line: string): Promise<void> {
  const { code, stderr } = await pod.run("ip", line.split(" "));
  if (code !== 0) throw new Error(`ip ${line}: ${stderr.trim()}`);
}

/** Makes a second pod, joined to the first by a veth pair: the node, as a pod sees it. As root only. */
export async function linkPeer(pod: Pod): Promise<Pod> {
  const peer = await createPod();
  try {
    await ip(pod, `link add eth0 type veth peer name eth0 netns ${peer.name}`);
    for (const [end, address] of [
      [pod, POD_ADDRESS],
      [peer, PEER_ADDRESS],
    ] as const) {
      await ip(end, `address add ${address}/24 dev eth0`);
      await ip(end, "link set eth0 up");
    }
    return peer;
  } catch (error) {
    await peer.destroy();
    throw error;
  }
}
