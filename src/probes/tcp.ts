import type { Answer } from "../core/observation.ts";
import type { Endpoint, TcpConnection } from "./connect.ts";
import { openConnection } from "./connection.ts";
import { type Course, openInquiry, trackInquiries } from "./inquiry.ts";
import type { Prober } from "./prober.ts";
import { releaseSocket } from "./release.ts";

async function connectedAnswer(course: Course, connection: TcpConnection): Promise<Answer | null> {
  const { outcome, ms } = await connection.result;
  if (outcome !== "ok") {
    return null;
  }
  releaseSocket(connection.socket);
  return { ...course.answer({ kind: "ready", code: "TCP_CONNECTED", message: "" }), ms };
}

/** Asks no more than a TCP connection, which is the answer, and ends it at once. */
export function openTcpProber(endpoint: Endpoint): Prober {
  const inquiries = trackInquiries();
  const ask = () =>
    openInquiry(
      (course) => {
        const connection = openConnection(endpoint, course.signal);
        return { connected: connection.result, answered: connectedAnswer(course, connection) };
      },
      { question: "TCP connect" },
    );
  return {
    connectionsPerAsk: () => 1,
    ask: () => inquiries.add(ask()),
    renew: () => undefined,
    close: inquiries.closeAll,
  };
}
