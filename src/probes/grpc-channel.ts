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
import { RELEASE_MS } from "./release.ts";
import { readAuthorities, serverName, type TlsPeer } from "./tls-handshake.ts";
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

/**
 * Hands on what `credentials` do and notes the sockets that they get. A channel that is closed while its server has not
 * sent SETTINGS, or is silent in the TLS handshake, would leave its connection open for good.
 */
function noteSockets(channelCredentials: ChannelCredentials, sockets: Set<Socket>): ChannelCredentials {
  const createConnector = channelCredentials._createSecureConnector.bind(channelCredentials);
  channelCredentials._createSecureConnector = (...args) => {
    const connector = createConnector(...args);
    return {
      connect: (socket) => {
        sockets.add(socket);
        socket.once("close", () => sockets.delete(socket));
        return connector.connect(socket);
      },
      waitForReady: () => connector.waitForReady(),
      getCallCredentials: () => connector.getCallCredentials(),
      destroy: () => connector.destroy(),
    };
  };
  return channelCredentials;
}

function destroySoon(sockets: Set<Socket>): void {
  for (const socket of sockets) {
    const timer = setTimeout(() => socket.destroy(), RELEASE_MS);
    timer.unref();
    socket.once("close", () => clearTimeout(timer));
  }
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

function credentialsOf(tls: TlsPeer | null, ca: Buffer | undefined): ChannelCredentials {
  return tls === null
    ? credentials.createInsecure()
    : credentials.createSsl(ca ?? null, null, null, { rejectUnauthorized: !tls.options.insecure });
}

function targetOf({ address, port }: Endpoint): string {
  return isIPv6(address) ? `ipv6:[${address}]:${port}` : `ipv4:${address}:${port}`;
}

function createChannel(peer: GrpcPeer, ca: Buffer | undefined): GrpcChannel {
  setLogVerbosity(logVerbosity.NONE);
  const sockets = new Set<Socket>();
  const name = peer.tls === null ? "" : serverName(peer.tls) || peer.tls.host;
  const client = new Client(targetOf(peer.endpoint), noteSockets(credentialsOf(peer.tls, ca), sockets), {
    ...CHANNEL_OPTIONS,
    "grpc.default_authority": peer.authority,
    ...(name === "" ? {} : { "grpc.ssl_target_name_override": name }),
  });
  return {
    client,
    ...watchState(client),
    close: () => {
      client.close();
      destroySoon(sockets);
    },
  };
}

/** Opens a channel, or says why TLS cannot even begin. It connects with its first call. */
export async function openGrpcChannel(peer: GrpcPeer): Promise<GrpcChannel | Word> {
  const ca = peer.tls === null ? undefined : await readAuthorities(peer.tls.options);
  if (ca !== undefined && !Buffer.isBuffer(ca)) {
    return ca;
  }
  try {
    return createChannel(peer, ca);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { kind: "tls", code: code ?? "UNKNOWN", message: "cannot use the certificate authorities" };
  }
}
