import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isOwnHost } from "./host-check.ts";

describe("isOwnHost", () => {
  it.each([
    "localhost",
    "LocalHost:9022",
    "127.0.0.1",
    "127.0.0.1:8080",
    "127.9.8.7:1",
    "[::1]",
    "[::1]:9022",
    "[0:0:0:0:0:0:0:1]:9022",
    "localhost:",
  ])("takes %s for loopback", (field) => {
    expect(isOwnHost(field, [])).toBe(true);
  });

  it.each([
    undefined,
    "",
    "evil.example",
    "evil.example:9022",
    "localhost.evil.example",
    "127.0.0.1.nip.io",
    "127.1",
    "2130706433",
    "0x7f.0.0.1",
    "localhost:9022:1",
    "localhost@evil.example",
    "evil.example/localhost",
    "localhost evil.example",
    "::1",
    "[::2]",
    "[localhost]",
    "128.0.0.1",
    "10.42.1.7",
  ])("does not take %s", (field) => {
    expect(isOwnHost(field, [])).toBe(false);
  });

  it("takes the listener's own address, whatever its case and port", () => {
    expect(isOwnHost("10.42.1.7:9022", ["10.42.1.7"])).toBe(true);
    expect(isOwnHost("10.42.1.7", ["::ffff:10.42.1.7"])).toBe(true);
    expect(isOwnHost("[FD00::7]:1", ["fd00::7"])).toBe(true);
    expect(isOwnHost("Gate.internal", ["gate.INTERNAL"])).toBe(true);
    expect(isOwnHost("10.42.1.8", ["10.42.1.7"])).toBe(false);
  });

  it("never takes a name with dots, and never throws", () => {
    fc.assert(fc.property(fc.domain(), (domain) => isOwnHost(domain, []) === false));
    fc.assert(fc.property(fc.string({ unit: "binary" }), (field) => typeof isOwnHost(field, []) === "boolean"));
  });
});
