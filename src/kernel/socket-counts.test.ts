import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseInUse } from "./socket-counts.ts";

const SOCKSTAT = `sockets: used 24
TCP: inuse 5 orphan 0 tw 234 alloc 11 mem 69
UDP: inuse 3 mem 0
UDPLITE: inuse 0
RAW: inuse 0
FRAG: inuse 0 memory 0
`;
const SOCKSTAT6 = `TCP6: inuse 6
UDP6: inuse 0
UDPLITE6: inuse 0
RAW6: inuse 0
FRAG6: inuse 0 memory 0
`;

describe("parseInUse", () => {
  it("reads the count of either family", () => {
    expect(parseInUse(SOCKSTAT)).toBe(5);
    expect(parseInUse(SOCKSTAT6)).toBe(6);
    expect(parseInUse("TCP: inuse 0 orphan 0 tw 0 alloc 0 mem 0\n")).toBe(0);
  });

  it.each([
    "",
    "sockets: used 24\nUDP: inuse 3 mem 0\n",
    "TCP: inuse -1 orphan 0\n",
    "TCP: inuse five\n",
    "TCP: inuse 5x\n",
    `TCP: inuse ${"9".repeat(40)} orphan 0\n`,
    "XTCP: inuse 5\n",
  ])("does not make a count of %j", (text) => {
    expect(parseInUse(text)).toBeNull();
  });

  it("reads any text without throwing", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const count = parseInUse(`TCP: inuse ${text}`);
        return count === null || (Number.isSafeInteger(count) && count >= 0);
      }),
    );
  });
});
