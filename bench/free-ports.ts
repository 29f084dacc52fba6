import { createServer } from "node:net";
import { readEphemeralPorts } from "../src/kernel/ephemeral-range.ts";

const FIRST = 20_000;
const LAST = 32_000;
let next = FIRST;

/**
 * A port that nobody listens on, given out once. It lies below the range of the ports that the kernel gives to outgoing
 * connections, as servers' ports do: a gate does not connect to a closed port inside it.
 */
export async function takeFreePort(): Promise<number> {
  const last = Math.min(LAST, (readEphemeralPorts("/proc")?.first ?? LAST) - 1);
  while (next <= last) {
    const port = next;
    next += 1;
    if (await isFree(port)) return port;
  }
  throw new Error(`there is no free port from ${FIRST} to ${last}; see net.ipv4.ip_local_port_range`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
