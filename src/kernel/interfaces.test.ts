import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newFakeProc } from "../../test/support/fake-proc.ts";
import { evidenceAddresses, isLinkLocal, ownAddresses, parseInterfaceNames, readInterfaceNames } from "./interfaces.ts";

// Captured from Linux 6.18.
const DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 491435208  266067    0    0    0     0          0         0 491435208  266067    0    0    0     0       0          0
  eth0: 1544752248   41642    0    0    0     0          0         0  3263243   25138    0    0    0     0       0          0
veth1a2b3c4:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
`;

describe("the names of the interfaces", () => {
  it("are read from the table of the kernel, those without an address too", () => {
    expect(parseInterfaceNames(DEV)).toEqual(["lo", "eth0", "veth1a2b3c4"]);
    const proc = newFakeProc();
    proc.write("net/dev", DEV);
    expect(readInterfaceNames(proc.root)).toEqual(["lo", "eth0", "veth1a2b3c4"]);
  });

  it("are none where there is no table", () => {
    expect(readInterfaceNames(newFakeProc().root)).toEqual([]);
  });

  it("are read from any text without throwing, in a bounded number", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        for (const name of parseInterfaceNames(`${DEV}${text}`)) expect(name).toMatch(/^[^\s/:]{1,15}$/);
      }),
    );
    expect(parseInterfaceNames("a: 1\n".repeat(100_000))).toHaveLength(4096);
  });
});

describe("the addresses of this namespace", () => {
  it("are those of the interfaces that are up, loopback among them, link-local ones not", () => {
    expect(ownAddresses()).toContain("127.0.0.1");
    expect(ownAddresses().filter(isLinkLocal)).toEqual([]);
  });

  it("are what the settings say, beside loopback", () => {
    const given = evidenceAddresses(["10.42.0.7", "fd00::7"]);
    expect(given).toContain("127.0.0.1");
    expect(given.slice(-2)).toEqual(["10.42.0.7", "fd00::7"]);
    expect(evidenceAddresses(null)).toEqual(ownAddresses());
  });

  it.each([
    ["169.254.1.1", true],
    ["fe80::1", true],
    ["10.0.0.1", false],
    ["::1", false],
    ["fd00::1", false],
  ])("tells of %s whether it is link-local: %s", (address, expected) => expect(isLinkLocal(address)).toBe(expected));
});
