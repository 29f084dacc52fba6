import { describe, expect, it } from "vitest";
import { bracketed, isLocalHost, parseHost } from "./host.ts";
import { formatListenAddress, parseListenAddress } from "./listen-address.ts";

describe("parseHost", () => {
  it.each([
    ["LOCALHOST", "localhost"],
    ["10.42.1.7", "10.42.1.7"],
    ["FD00:0::7", "fd00::7"],
    ["::ffff:7f00:1", "::ffff:127.0.0.1"],
    ["a-b.c_d", "a-b.c_d"],
    ["127.example", "127.example"],
  ])("reads %s as %s", (text, host) => {
    expect(parseHost(text)).toBe(host);
  });

  it.each(["", ".", "a.", "1.2.3", "fe80::1%eth0", "[::1]", "a b", "x".repeat(64), `${"a.".repeat(127)}a`])(
    "takes %j or refuses it, never anything between",
    (text) => {
      expect(parseHost(text)).toBe(text === "a." ? "a." : null);
    },
  );
});

describe("isLocalHost", () => {
  it.each([
    "localhost",
    "x.localhost",
    "localhost.",
    "127.0.0.1",
    "127.255.0.9",
    "0.0.0.0",
    "::",
    "::1",
    "::ffff:127.0.0.1",
  ])("%s is local", (host) => {
    expect(isLocalHost(host)).toBe(true);
  });

  it.each(["10.0.0.1", "fd00::1", "127.example", "mylocalhost", "::ffff:10.0.0.1", "localhost.example"])(
    "%s is not",
    (host) => {
      expect(isLocalHost(host)).toBe(false);
    },
  );
});

describe("a listen address", () => {
  it.each([
    [":9020", null, 9020],
    ["127.0.0.1:9022", "127.0.0.1", 9022],
    ["[::1]:9022", "::1", 9022],
    ["[::]:0", "::", 0],
    ["localhost:9022", "localhost", 9022],
  ])("%s is read, and written again as it was", (text, host, port) => {
    expect(parseListenAddress(text)).toEqual({ host, port });
    expect(formatListenAddress({ host, port })).toBe(text);
  });

  it.each([
    "",
    "9020",
    ":",
    ":x",
    ":65536",
    "::1:9022",
    "[::1]",
    "[]:1",
    "[127.0.0.1]:1",
    "[:1",
    "*:9020",
    "http://h:1",
    ":-1",
    ": 1",
  ])("%j is refused", (text) => {
    expect(parseListenAddress(text)).toBeNull();
  });

  it("brackets IPv6 alone", () => {
    expect([bracketed("::1"), bracketed("127.0.0.1"), bracketed("h")]).toEqual(["[::1]", "127.0.0.1", "h"]);
  });
});
