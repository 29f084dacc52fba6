import type { Pod } from "../support/pod.ts";

/** What was seen, from the start of the watch until its end. */
export interface QueueWatch {
  /** Ends the watch: the longest accept queue of any of the ports, and how often they were read. */
  end(): Promise<{ readonly longest: number; readonly reads: number }>;
}

/** Connections that wait in the accept queues of the given ports, by the `rx_queue` of each LISTEN row, longest first. */
function queuesOf(table: string, ports: readonly number[]): number[] {
  const rows = table.split("\n").map((line) => line.trim().split(/\s+/));
  const listening = rows.filter(
    ([, local, , state]) => state === "0A" && ports.includes(Number.parseInt(local?.split(":")[1] ?? "", 16)),
  );
  return listening.map(([, , , , queues]) => Number.parseInt(queues?.split(":")[1] ?? "", 16));
}

/** Reads the kernel's socket tables over and over, without a connection of its own, until it is ended. */
export function watchAcceptQueues(pod: Pod, ports: readonly number[]): QueueWatch {
  let isEnded = false;
  let longest = 0;
  let reads = 0;
  const read = async () => {
    const tables = await Promise.all(["tcp", "tcp6"].map((name) => pod.read(`/proc/net/${name}`)));
    longest = Math.max(longest, ...tables.flatMap((table) => queuesOf(table, ports)));
    reads += 1;
  };
  const watch = async () => {
    while (!isEnded) {
      await read();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const watching = watch();
  return {
    end: async () => {
      isEnded = true;
      await watching;
      await read();
      return { longest, reads };
    },
  };
}
