import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { socket } from "../../test/support/looks.ts";
import { coveringSockets, isIpv4, isServedBy } from "./coverage.ts";

describe("isServedBy", () => {
  it.each([
    ["127.0.0.1", "0.0.0.0"],
    ["127.0.0.1", "127.0.0.1"],
    ["127.0.0.1", "::"],
    ["127.0.0.1", "::ffff:127.0.0.1"],
    ["127.0.0.1", "::ffff:0.0.0.0"],
    ["::1", "::"],
    ["::1", "::1"],
    ["::ffff:127.0.0.1", "0.0.0.0"],
    ["::ffff:127.0.0.1", "127.0.0.1"],
    ["::ffff:127.0.0.1", "::"],
  ])("lets %s be served by a socket on %s", (address, bound) => {
    expect(isServedBy(address, bound)).toBe(true);
  });

  it.each([
    ["127.0.0.1", "10.42.1.7"],
    ["127.0.0.1", "::1"],
    ["127.0.0.1", "::ffff:10.42.1.7"],
    ["127.0.0.1", "127.0.0.11"],
    ["::1", "0.0.0.0"],
    ["::1", "127.0.0.1"],
    ["::1", "::ffff:0.0.0.0"],
    ["fd00::7", "::1"],
  ])("does not let %s be served by a socket on %s", (address, bound) => {
    expect(isServedBy(address, bound)).toBe(false);
  });

  it("lets every address be served by itself and by the wildcard of both families", () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6());
    fc.assert(fc.property(address, (one) => isServedBy(one, one) && isServedBy(one, "::")));
  });
});

describe("coveringSockets", () => {
  it("keeps those that may serve the address, in their order", () => {
    const [wildcard, pod, dual] = [
      socket({ inode: 1 }),
      socket({ inode: 2, address: "10.42.1.7" }),
      socket({ inode: 3, address: "::" }),
    ];
    expect(coveringSockets("127.0.0.1", [wildcard, pod, dual])).toEqual([wildcard, dual]);
    expect(coveringSockets("10.42.1.7", [wildcard, pod, dual])).toEqual([wildcard, pod, dual]);
    expect(coveringSockets("::1", [wildcard, pod, dual])).toEqual([dual]);
  });
});

it.each([
  ["127.0.0.1", true],
  ["::1", false],
  ["::ffff:127.0.0.1", false],
])("tells whether %s is IPv4: %s", (address, is) => {
  expect(isIpv4(address)).toBe(is);
});
