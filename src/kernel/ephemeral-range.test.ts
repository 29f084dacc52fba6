import { describe, expect, it } from "vitest";
import { newFakeProc } from "../../test/support/fake-proc.ts";
import { parseEphemeralRange, readEphemeralRange } from "./ephemeral-range.ts";

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

describe("readEphemeralRange", () => {
  it("reads the kernel's file, and null where there is none", () => {
    const proc = newFakeProc();
    expect(readEphemeralRange(proc.root)).toBeNull();
    proc.write("sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
    expect(readEphemeralRange(proc.root)).toEqual({ first: 32_768, last: 60_999 });
  });

  it.skipIf(process.platform !== "linux")("reads the range of this machine", () => {
    const range = readEphemeralRange("/proc");
    expect(range?.first).toBeGreaterThan(0);
    expect(range?.last).toBeGreaterThanOrEqual(range?.first ?? Number.NaN);
  });
});
