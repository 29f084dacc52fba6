import { networkInterfaces } from "node:os";
import { describe, expect, it } from "vitest";
import { isLocalAddress, isLocalHost, newInterfaceAddresses } from "./local-addresses.ts";

function listOf(...addresses: readonly string[]): ReturnType<typeof networkInterfaces> {
  const rest = { family: "IPv4", netmask: "255.0.0.0", mac: "00:00:00:00:00:00", internal: true, cidr: null } as const;
  return { lo: addresses.map((address) => ({ ...rest, address })) };
}

describe("the addresses of the interfaces", () => {
  it("stay what they were while the system cannot tell them", () => {
    const answers = [
      () => listOf("127.0.0.1", "::ffff:10.42.0.7"),
      () => {
        throw new Error("uv_interface_addresses returned Unknown system error 24");
      },
      () => listOf("127.0.0.1"),
    ];
    const addresses = newInterfaceAddresses(() => answers.shift()?.() ?? {});
    expect([addresses(), addresses(), addresses()]).toEqual([
      ["127.0.0.1", "::ffff:10.42.0.7"],
      ["127.0.0.1", "::ffff:10.42.0.7"],
      ["127.0.0.1"],
    ]);
  });

  it("are none while the system has never told them", () => {
    const addresses = newInterfaceAddresses(() => {
      throw new Error("no descriptor");
    });
    expect(addresses()).toEqual([]);
  });
});

describe("isLocalAddress", () => {
  it("holds for loopback and for every address of the interfaces, however it is written", () => {
    const own = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
    for (const { address } of own) {
      expect(isLocalAddress(address)).toBe(true);
      expect(isLocalAddress(address.toUpperCase())).toBe(true);
    }
    expect(isLocalAddress("127.0.0.2")).toBe(true);
  });

  it("does not hold for others", () => {
    // Addresses that are set aside for documentation (RFC 5737, RFC 3849).
    expect(["192.0.2.7", "2001:db8::7", "localhost", ""].filter(isLocalAddress)).toEqual([]);
  });
});

describe("isLocalHost", () => {
  it("holds for the hosts that can only mean this network namespace", () => {
    expect(["localhost", "127.0.0.1", "::1", "0.0.0.0", "::"].every(isLocalHost)).toBe(true);
    expect(["model.example", "192.0.2.7", ""].some(isLocalHost)).toBe(false);
  });
});
