import type { ConnectResult } from "../core/connect.ts";
import type { Answer } from "../core/observation.ts";

/**
 * One question on its way: the connection and the answer over it. What a target does is a value, so no promise ever
 * rejects; all may stay pending for as long as the server stays silent.
 */
export interface Inquiry {
  /** Settles when TCP is connected, or with the reason why not. */
  readonly connected: Promise<ConnectResult>;
  /** Settles with the server's answer; stays pending when the connect failed and while the server is silent. */
  readonly answered: Promise<Answer>;
  /** Settles with the failure of a further connect, without which there is no answer; else stays pending. */
  readonly failedLater: Promise<ConnectResult>;
  /** The silence up to now, as an answer of kind `silence`: what was asked and how far the server got. */
  silence(): Answer;
  /** Gives up: releases the sockets of this question. Safe to call twice. */
  close(): void;
}

/** Asks one target at one address, again and again. */
export interface Prober {
  /** How many new entries in the server's accept queue the next `ask` may cause: 1 or 2. */
  connectionsPerAsk(): number;
  /** Sends one question. `models` are asked for as well, and only where the protocol knows models. */
  ask(models: readonly string[]): Inquiry;
  /** Drops what is kept between questions (a gRPC channel), so that the next question starts from a new connection. */
  renew(): void;
  /** Releases everything. */
  close(): void;
}
