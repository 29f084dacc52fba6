import { lookup } from "node:dns/promises";
import { unmapped } from "../core/coverage.ts";
import type { Resolution } from "../core/observation.ts";
import type { Clock } from "../core/ports.ts";
import { canonicalAddress } from "../kernel/addresses.ts";
import { settleWithin, TIME_UP } from "./settle-within.ts";

/** The addresses that a host stands for. */
export interface Resolved {
  readonly resolution: Resolution;
  /** In canonical text, v4-mapped ones as IPv4, in the resolver's order, without duplicates, at most {@link ADDRESSES_LIMIT}. */
  readonly addresses: readonly string[];
}

/** Turns a target's host into addresses. */
export interface Resolver {
  resolve(host: string, withinMs: number): Promise<Resolved>;
}

const ADDRESSES_LIMIT = 8;
/** How long an answer is used again: looks come many times a second, and DNS belongs to the whole cluster. */
const SUCCESS_LASTS_MS = 5000;
const FAILURE_LASTS_MS = 1000;

/** Wildcards mean the loopback address of their family, as connect(2) takes them on Linux. */
const WILDCARDS: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/**
 * Resolves with the system's resolver. A look-up cannot be cancelled, so there is at most one on its way; one that takes
 * longer than the look may is a failure with code `DEADLINE`, and is used when it comes.
 */
export function newResolver(clock: Clock): Resolver {
  let underway: Promise<Resolved> | null = null;
  let last: { readonly resolved: Resolved; readonly atMs: number } | null = null;

  const start = (host: string): Promise<Resolved> => {
    underway ??= lookUp(host).then((resolved) => {
      last = { resolved, atMs: clock.now().monotonicMs };
      underway = null;
      return resolved;
    });
    return underway;
  };
  return {
    resolve: async (host, withinMs) => {
      const literal = plainAddress(host);
      if (literal !== null) return succeeded([WILDCARDS[literal] ?? literal]);
      if (last !== null && clock.now().monotonicMs - last.atMs < lastsMs(last.resolved)) return last.resolved;
      const resolved = await settleWithin(start(host), withinMs, clock);
      return resolved === TIME_UP ? failed("DEADLINE") : resolved;
    },
  };
}

async function lookUp(host: string): Promise<Resolved> {
  try {
    const entries = await lookup(host, { all: true });
    const addresses = entries.map(({ address }) => plainAddress(address)).filter((text) => text !== null);
    return succeeded([...new Set(addresses)].slice(0, ADDRESSES_LIMIT));
  } catch (error) {
    return failed((error as NodeJS.ErrnoException).code ?? "ENOTFOUND");
  }
}

/** A connect to a v4-mapped address is one over IPv4 (ipv6(7)): what is true of the latter holds for it. */
function plainAddress(text: string): string | null {
  const canonical = canonicalAddress(text);
  return canonical === null ? null : unmapped(canonical);
}

function lastsMs({ resolution }: Resolved): number {
  return resolution.isResolved ? SUCCESS_LASTS_MS : FAILURE_LASTS_MS;
}

function succeeded(addresses: readonly string[]): Resolved {
  return { resolution: { isResolved: true }, addresses };
}

function failed(code: string): Resolved {
  return { resolution: { isResolved: false, code }, addresses: [] };
}
