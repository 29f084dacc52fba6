import type { Socket } from "node:net";
import { isIPv6 } from "node:net";
import {
  type ChannelCredentials,
  Client,
  type ClientOptions,
  connectivityState,
  credentials,
  logVerbosity,
  setLogVerbosity,
} from "@grpc/grpc-js";
import type { Endpoint } from "./connect.ts";
import { destroyLater } from "./release.ts";
import { startHttp2Tls, type TlsPeer } from "./tls-handshake.ts";
import type { Word } from "./word.ts";

/** Largest message and, in mebibytes, the memory that one session may take; health answers have a few bytes. */
const MESSAGE_BYTES = 64 * 1024;
const SESSION_MEBIBYTES = 1;

/**
 * Defaults of grpc-js that would mislead a prober: a reconnect back-off of up to two minutes, which a process-wide
 * subchannel pool would share between channels, and proxy variables that do not exempt loopback.
 */
const CHANNEL_OPTIONS: ClientOptions = {
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 100,
  "grpc.use_local_subchannel_pool": 1,
  "grpc.enable_http_proxy": 0,
  "grpc.enable_channelz": 0,
  "grpc.enable_retries": 0,
  "grpc.service_config_disable_resolution": 1,
  "grpc.max_send_message_length": MESSAGE_BYTES,
  "grpc.max_receive_message_length": MESSAGE_BYTES,
  "grpc-node.max_session_memory": SESSION_MEBIBYTES,
};

/** A channel to one address, with at most one connection. */
export interface GrpcChannel {
  readonly client: Client;
  /** Whether an HTTP/2 server was at the other end, by its SETTINGS frame. */
  hasSettings(): boolean;
  /** Whether a call can still go over its first connection: established, or still waiting for the server. */
  isUsable(): boolean;
  /** Why TLS did not come about; null where it did, or was not tried. */
  handshakeFailure(): Word | null;
  /** Ends the channel and its connection. Safe to call twice. */
  close(): void;
}

/** Whom a channel speaks to. */
export interface GrpcPeer {
  readonly endpoint: Endpoint;
  /** Value of `:authority`. */
  readonly authority: string;
  /** null: in plain text. */
  readonly tls: TlsPeer | null;
}

/** What the connections of a channel come to before HTTP/2 begins. */
interface Connections {
  readonly credentials: ChannelCredentials;
  readonly sockets: ReadonlySet<Socket>;
  handshakeFailure(): Word | null;
}

/**
 * Puts our own step between TCP and HTTP/2. It speaks TLS as the other probers do and keeps the exact failure, of which
 * grpc-js passes on the text alone; and it notes the sockets, since a channel that is closed while its server has not
 * sent SETTINGS, or is silent in the handshake, would leave its connection open for good.
 */
function ownConnections(tls: TlsPeer | null): Connections {
  const sockets = new Set<Socket>();
  let failure: Word | null = null;
  const secure = async (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    if (tls === null) {
      return { socket, secure: false };
    }
    const handshake = await startHttp2Tls(socket, tls);
    if (handshake.isSecure) {
      return { socket: handshake.socket, secure: true };
    }
    failure = handshake.word;
    throw new Error(handshake.word.code);
  };
  const own = credentials.createInsecure();
  const createConnector = own._createSecureConnector.bind(own);
  own._createSecureConnector = (...args) => ({ ...createConnector(...args), connect: secure });
  return { credentials: own, sockets, handshakeFailure: () => failure };
}

/** Notes when the channel has been ready, and tells whether it went away since. */
function watchState(client: Client): Pick<GrpcChannel, "hasSettings" | "isUsable"> {
  const channel = client.getChannel();
  let wasReady = false;
  const look = (): connectivityState => {
    const state = channel.getConnectivityState(false);
    wasReady ||= state === connectivityState.READY;
    return state;
  };
  const watch = (): void => {
    const state = look();
    if (!wasReady && state !== connectivityState.SHUTDOWN) {
      channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, watch);
    }
  };
  watch();
  return {
    hasSettings: () => {
      look();
      return wasReady;
    },
    isUsable: () => {
      const state = look();
      const isFirstConnect = state === connectivityState.IDLE || state === connectivityState.CONNECTING;
      return state === connectivityState.READY || (isFirstConnect && !wasReady);
    },
  };
}

function targetOf({ address, port }: Endpoint): string {
  return isIPv6(address) ? `ipv6:[${address}]:${port}` : `ipv4:${address}:${port}`;
}

/** Opens a channel, which connects with its first call. */
export function openGrpcChannel(peer: GrpcPeer): GrpcChannel {
  setLogVerbosity(logVerbosity.NONE);
  const connections = ownConnections(peer.tls);
  const client = new Client(targetOf(peer.endpoint), connections.credentials, {
    ...CHANNEL_OPTIONS,
    "grpc.default_authority": peer.authority,
  });
  return {
    client,
    ...watchState(client),
    handshakeFailure: connections.handshakeFailure,
    close: () => {
      client.close();
      for (const socket of connections.sockets) {
        destroyLater(socket);
      }
    },
  };
}
