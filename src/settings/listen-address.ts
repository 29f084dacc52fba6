import { bracketed, parseBracketedHost } from "./host.ts";
import type { ListenAddress } from "./settings.ts";

const FORM = /^(\[[^\]]*\]|[^:[\]]*):(\d{1,5})$/;

/** Reads `:9020`, `127.0.0.1:9022`, `localhost:9022` or `[::1]:9022`; null when it is none of them. */
export function parseListenAddress(text: string): ListenAddress | null {
  const [, hostText, digits] = FORM.exec(text) ?? [];
  const port = Number(digits);
  if (hostText === undefined || port > 65_535) return null;
  if (hostText === "") return { host: null, port };
  const host = parseBracketedHost(hostText);
  return host === null ? null : { host, port };
}

/** The address as a user would write it. */
export function formatListenAddress(address: ListenAddress): string {
  return `${address.host === null ? "" : bracketed(address.host)}:${address.port}`;
}
