import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newFakeProc } from "../../test/support/fake-proc.ts";
import { isEphemeral, parseEphemeralRange, parseReservedPorts, readEphemeralPorts } from "./ephemeral-range.ts";

describe("parseEphemeralRange", () => {
  it.each([
    ["32768\t60999\n", { first: 32_768, last: 60_999 }],
    ["1 65535", { first: 1, last: 65_535 }],
    ["9000 9000\n", { first: 9000, last: 9000 }],
  ])("reads %j", (text, range) => {
    expect(parseEphemeralRange(text)).toEqual(range);
  });

  it.each(["", "32768", "60999 32768", "1 65536", "-1 5", "1 2 3", "a b", "1 999999"])("refuses %j", (text) => {
    expect(parseEphemeralRange(text)).toBeNull();
  });
});

describe("parseReservedPorts", () => {
  it.each([
    ["\n", []],
    ["9000\n", [{ first: 9000, last: 9000 }]],
    [
      "9000,9500-9510\n",
      [
        { first: 9000, last: 9000 },
        { first: 9500, last: 9510 },
      ],
    ],
    ["0-65535\n", [{ first: 0, last: 65_535 }]],
  ])("reads %j", (text, ranges) => {
    expect(parseReservedPorts(text)).toEqual(ranges);
  });

  it.each([
    "",
    "9000",
    "9000,95",
    "9000,\n",
    ",9000\n",
    "9000,,9001\n",
    "9510-9500\n",
    "9000-\n",
    "-9000\n",
    "9000-9001-9002\n",
    "65536\n",
    "1-99999999\n",
    "9000 9001\n",
    "9000\n9001\n",
    "0x10\n",
    "1e3\n",
    "\u0000\n",
  ])("reads none from %j", (text) => {
    expect(parseReservedPorts(text)).toEqual([]);
  });

  it("reads any text without throwing, and yields nothing that is out of range", () => {
    const almost = fc.stringMatching(/^[0-9,-]{0,30}\n$/);
    fc.assert(
      fc.property(fc.oneof(fc.string(), almost), (text) => {
        for (const { first, last } of parseReservedPorts(text)) {
          expect(first).toBeGreaterThanOrEqual(0);
          expect(last).toBeGreaterThanOrEqual(first);
          expect(last).toBeLessThanOrEqual(65_535);
        }
      }),
    );
  });

  it("reads a long list in bounded time", () => {
    const began = performance.now();
    expect(parseReservedPorts(`${"1,".repeat(500_000)}1\n`)).toHaveLength(500_001);
    expect(parseReservedPorts(`${"1".repeat(1_000_000)}\n`)).toEqual([]);
    expect(performance.now() - began).toBeLessThan(1000);
  });
});

describe("isEphemeral", () => {
  const ports = { first: 8000, last: 60_999, reserved: [{ first: 9500, last: 9510 }] };

  it.each([8000, 9499, 9511, 60_999])("holds of %d, which is in the range", (port) => {
    expect(isEphemeral(ports, port)).toBe(true);
  });

  it.each([7999, 61_000, 9500, 9505, 9510])("does not hold of %d, which is outside or reserved", (port) => {
    expect(isEphemeral(ports, port)).toBe(false);
  });

  it("holds of no port where the range is not known", () => {
    expect(isEphemeral(null, 40_000)).toBe(false);
  });
});

describe("readEphemeralPorts", () => {
  it("reads the kernel's files, and null where there is no range", () => {
    const proc = newFakeProc();
    expect(readEphemeralPorts(proc.root)).toBeNull();
    proc.write("sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
    expect(readEphemeralPorts(proc.root)).toEqual({ first: 32_768, last: 60_999, reserved: [] });
    proc.write("sys/net/ipv4/ip_local_reserved_ports", "40000\n");
    const reserved = [{ first: 40_000, last: 40_000 }];
    expect(readEphemeralPorts(proc.root)).toEqual({ first: 32_768, last: 60_999, reserved });
  });

  it.skipIf(process.platform !== "linux")("reads the range of this machine", () => {
    const range = readEphemeralPorts("/proc");
    expect(range?.first).toBeGreaterThan(0);
    expect(range?.last).toBeGreaterThanOrEqual(range?.first ?? Number.NaN);
  });
});
