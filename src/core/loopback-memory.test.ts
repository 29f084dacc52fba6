import { expect, it } from "vitest";
import { failed, look } from "../../test/support/looks.ts";
import type { LoopbackState } from "./loopback.ts";
import { rememberLoopback } from "./loopback-memory.ts";

const KNOWN = { ipv4: "ok", ipv6: "absent" } as const;

function lookWithCanary(address: string, canary: LoopbackState | null) {
  return look({ ...failed("timeout"), address, proof: { refusal: null, timeout: null, canary } });
}

it("takes over what a canary of the address's family saw", () => {
  expect(rememberLoopback(KNOWN, lookWithCanary("127.0.0.1", "failed"))).toEqual({ ipv4: "failed", ipv6: "absent" });
  expect(rememberLoopback(KNOWN, lookWithCanary("::1", "failed"))).toEqual({ ipv4: "ok", ipv6: "failed" });
});

it("keeps what is known when a look sent no canary", () => {
  expect(rememberLoopback(KNOWN, lookWithCanary("127.0.0.1", null))).toEqual(KNOWN);
  expect(rememberLoopback(KNOWN, look(failed("refused")))).toEqual(KNOWN);
});
