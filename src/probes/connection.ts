import { connectTcp, type Endpoint, type TcpConnection } from "./connect.ts";
import { releaseSocket } from "./release.ts";

/** Opens a TCP connection that is released when `signal` aborts. */
export function openConnection(endpoint: Endpoint, signal: AbortSignal): TcpConnection {
  const connection = connectTcp(endpoint);
  const release = (): void => releaseSocket(connection.socket);
  if (signal.aborted) {
    release();
    return connection;
  }
  signal.addEventListener("abort", release, { once: true });
  connection.socket.once("close", () => signal.removeEventListener("abort", release));
  return connection;
}
