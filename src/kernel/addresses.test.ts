import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalAddress, isLoopback } from "./addresses.ts";

describe("canonicalAddress", () => {
  it.each([
    ["127.0.0.1", "127.0.0.1"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["::", "::"],
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["fe80::1%eth0", "fe80::1"],
    ["::ffff:7f00:1", "::ffff:127.0.0.1"],
    ["::FFFF:127.0.0.1", "::ffff:127.0.0.1"],
  ])("writes %s as %s", (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
  });

  it.each(["", "localhost", "127.1", "9000", "0x7f.1", "0177.0.0.1", "256.1.1.1", ":::", "1:2:3", "%eth0", "[::1]"])(
    "does not take %j for an address",
    (text) => {
      expect(canonicalAddress(text)).toBeNull();
    },
  );

  it("is its own canonical form, and throws at nothing", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const canonical = canonicalAddress(text);
        expect(canonical).not.toBeNull();
        expect(canonicalAddress(canonical ?? "")).toBe(canonical);
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => canonicalAddress(text) === null || /[.:]/.test(text)));
  });
});

describe("isLoopback", () => {
  it.each(["127.0.0.1", "127.255.3.4", "::1", "0::1", "::ffff:127.0.0.1", "::ffff:7f00:1"])("holds for %s", (text) => {
    expect(isLoopback(text)).toBe(true);
  });

  it.each(["128.0.0.1", "10.42.1.7", "::", "::2", "fe80::1", "::ffff:10.0.0.1", "0.0.0.0", "127", "localhost", ""])(
    "does not hold for %j",
    (text) => {
      expect(isLoopback(text)).toBe(false);
    },
  );
});
