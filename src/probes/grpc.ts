import { isIPv6 } from "node:net";
import type { ConnectResult } from "../core/connect.ts";
import type { Answer } from "../core/observation.ts";
import type { GrpcTarget } from "../core/target.ts";
import { type Endpoint, failedConnect, type TcpConnection } from "./connect.ts";
import { openConnection } from "./connection.ts";
import { type GrpcChannel, type GrpcPeer, openGrpcChannel } from "./grpc-channel.ts";
import { askQuestion, firstQuestion, pendingModels, type QuestionMemory, type Reply } from "./grpc-question.ts";
import { type Course, openInquiry, trackInquiries } from "./inquiry.ts";
import { publishable } from "./message.ts";
import { PEEK_MS, peekHttp2, peekSecureHttp2 } from "./peek.ts";
import type { Prober } from "./prober.ts";
import { releaseSocket } from "./release.ts";
import { startStopwatch } from "./stopwatch.ts";
import { DEFAULT_TLS } from "./tls-handshake.ts";
import type { Word } from "./word.ts";

/** The channel that is kept between questions. */
interface ChannelSlot {
  /** null: none, or none that a call could still use. */
  current(): GrpcChannel | null;
  /** The current channel or a new one. */
  take(): GrpcChannel;
  /** Closes `channel`, or whichever is kept. */
  drop(channel?: GrpcChannel): void;
}

function keepChannel(peer: GrpcPeer): ChannelSlot {
  let kept: GrpcChannel | null = null;
  const current = (): GrpcChannel | null => (kept?.isUsable() === true ? kept : null);
  const drop = (channel = kept): void => {
    channel?.close();
    kept = channel === kept ? null : kept;
  };
  const open = (): GrpcChannel => {
    drop();
    kept = openGrpcChannel(peer);
    return kept;
  };
  return { current, drop, take: () => current() ?? open() };
}

function peerOf(target: GrpcTarget, endpoint: Endpoint): GrpcPeer {
  const host = isIPv6(target.host) ? `[${target.host.split("%")[0]}]` : target.host;
  const tls = { host: target.host, options: target.tls ?? DEFAULT_TLS, alpn: "h2" } as const;
  return { endpoint, authority: `${host}:${target.port}`, tls: target.scheme === "grpcs" ? tls : null };
}

/** Says why a call failed that the server did not answer. */
async function explain(reply: Reply, channel: GrpcChannel, asking: Asking): Promise<Word> {
  const { peer, course } = asking;
  const { status, details } = reply.failure ?? { status: "UNKNOWN", details: "" };
  const closed: Word = { kind: "closed", code: `GRPC_${status}`, message: publishable(details) };
  const known = channel.hasSettings() ? closed : channel.handshakeFailure();
  if (known !== null) {
    return known;
  }
  const bounds = { waitMs: PEEK_MS, signal: course.signal };
  const word =
    peer.tls === null ? await peekHttp2(peer.endpoint, bounds) : await peekSecureHttp2(peer.endpoint, peer.tls, bounds);
  return word ?? closed;
}

/** One question's way: what it needs of its prober. */
interface Asking {
  readonly target: GrpcTarget;
  readonly peer: GrpcPeer;
  readonly slot: ChannelSlot;
  readonly memory: QuestionMemory;
  readonly course: Course;
}

/** The failure of the connect without which a call never came to the server; null where there was a connection. */
function connectFailure({ failure }: Reply, ms: number): ConnectResult | null {
  const errno = failure?.connectErrno ?? null;
  const connect = errno === null ? null : failedConnect(errno, ms);
  // Whoever resets has seen the connection: it ended, a moment earlier than others that are closed.
  return connect?.outcome === "reset" ? null : connect;
}

async function askOver(channel: GrpcChannel, models: readonly string[], asking: Asking): Promise<Answer | null> {
  const { course, slot, target, memory } = asking;
  const line = { client: channel.client, course };
  const elapsedMs = startStopwatch();
  const reply = await askQuestion(target.question, line, memory);
  if (course.signal.aborted) {
    return null;
  }
  if (reply.word === null) {
    const failure = connectFailure(reply, elapsedMs());
    const end = failure === null ? course.answer(await explain(reply, channel, asking)) : course.fail(failure);
    slot.drop(channel);
    return end;
  }
  const answer = course.answer(reply.word);
  if (target.question.ask === "Health" || models.length === 0) {
    return answer;
  }
  // A server that is not ready is not asked for its models; none of them counts as ready.
  const canTell = answer.kind === "ready" && reply.knowsModels;
  return { ...answer, modelsPending: canTell ? await pendingModels(models, line) : models };
}

async function answerAfter(
  connection: TcpConnection,
  models: readonly string[],
  asking: Asking,
): Promise<Answer | null> {
  const { course, slot } = asking;
  const { outcome } = await connection.result;
  if (outcome !== "ok") {
    return null;
  }
  releaseSocket(connection.socket);
  return course.signal.aborted ? null : askOver(slot.take(), models, asking);
}

/**
 * Asks by gRPC, with or without TLS. Each question first opens and ends a bare TCP connection, since grpc-js does not
 * say how a connect went; the call itself goes over a channel that is kept while it answers. Where the channel's own
 * connect fails, of which grpc-js passes on the text alone, it counts as that of the question. A target that names
 * `grpc.health.v1` is not asked for models; where only that service answers, they stay pending.
 */
export function openGrpcProber(target: GrpcTarget, address: string): Prober {
  const endpoint = { address, port: target.port };
  const peer = peerOf(target, endpoint);
  const slot = keepChannel(peer);
  const memory: QuestionMemory = { answeredBy: "ServerReady" };
  const inquiries = trackInquiries();
  const ask = (models: readonly string[]) => {
    // SETTINGS of a channel that is kept came long ago, and say nothing of now.
    const isKept = slot.current() !== null;
    return openInquiry(
      (course) => {
        const connection = openConnection(endpoint, course.signal);
        const asking: Asking = { target, peer, slot, memory, course };
        return { connected: connection.result, answered: answerAfter(connection, models, asking) };
      },
      {
        question: firstQuestion(target.question, memory),
        silenceCode: () => (!isKept && slot.current()?.hasSettings() === true ? "SETTINGS_ONLY" : "DEADLINE"),
      },
    );
  };
  return {
    connectionsPerAsk: () => (slot.current() === null ? 2 : 1),
    ask: (models) => inquiries.add(ask(models)),
    renew: () => {
      inquiries.closeAll();
      slot.drop();
    },
    close: () => {
      inquiries.closeAll();
      slot.drop();
    },
  };
}
