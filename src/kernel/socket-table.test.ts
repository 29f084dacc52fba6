import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { procRow, procTable, TCP_HEAD, TCP6_HEAD } from "../../test/support/proc-rows.ts";
import { canonicalAddress } from "./addresses.ts";
import { hasAllListeningSockets, parseListeningSockets } from "./socket-table.ts";

// Captured from Linux 6.18 on x86-64: three listeners, one connection, one TIME_WAIT.
const CAPTURED_TCP = `${TCP_HEAD}
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000002 00:00000000 00000000  1000        0 122218 1 00000000a7e34fd6 100 0 0 10 0                    
   1: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 539 1 000000008224e312 100 0 0 10 0                       
   2: 00000000:2328 00000000:0000 0A 00000000:00000000 00:00000000 00000000 65534        0 122217 1 00000000f04fe27a 100 0 0 10 0                    
   3: 0100007F:2328 0100007F:A298 01 00000000:00000000 00:00000000 00000000     0        0 122224 1 00000000cc20053c 20 0 0 10 -1                    
   4: 0100007F:C2B8 0100007F:98DF 06 00000000:00000000 03:00000165 00000000     0        0 0 3 0000000055f23775                                      
`;

const CAPTURED_TCP6 = `${TCP6_HEAD}
   0: 00000000000000000000000001000000:251D 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 122220 1 00000000ad32c6b2 100 0 0 10 0
   1: 00000000000000000000000000000000:251C 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 122219 1 0000000040340cc6 100 0 0 10 0
   2: 0000000000000000FFFF00000100007F:251E 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 122221 1 00000000a420af4e 100 0 0 10 0
   3: B80D0120000000000000000067452301:251F 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 122222 1 00000000452a5302 100 0 0 10 0
   4: 00000000000000000000000001000000:D09E 00000000000000000000000001000000:251D 01 00000000:00000000 00:00000000 00000000     0        0 122225 2 00000000833cd42c 20 0 0 10 -1
`;

const FIRST_ROW = CAPTURED_TCP.split("\n")[1];

describe("parseListeningSockets", () => {
  it("reads the listening rows of a captured /proc/net/tcp", () => {
    expect(parseListeningSockets(CAPTURED_TCP)).toEqual([
      { address: "127.0.0.1", port: 8080, inode: 122_218, uid: 1000, acceptQueue: 2 },
      { address: "0.0.0.0", port: 2024, inode: 539, uid: 0, acceptQueue: 0 },
      { address: "0.0.0.0", port: 9000, inode: 122_217, uid: 65_534, acceptQueue: 0 },
    ]);
  });

  it("reads the listening rows of a captured /proc/net/tcp6", () => {
    const places = parseListeningSockets(CAPTURED_TCP6)?.map(({ address, port }) => [address, port]);
    expect(places).toEqual([
      ["::1", 9501],
      ["::", 9500],
      ["::ffff:127.0.0.1", 9502],
      ["2001:db8::123:4567", 9503],
    ]);
  });

  it("stops at the first row that does not listen", () => {
    const rows = [{}, { state: "01" }, {}].map((row, slot) =>
      procRow(slot, { port: 9000, inode: slot + 1, uid: 0, acceptQueue: 0, ...row }, [0, 0, 0, 0]),
    );
    expect(parseListeningSockets(procTable(TCP_HEAD, rows))).toMatchObject([{ inode: 1 }]);
  });

  it("passes over what is no row, and over a torn last line wherever it is torn", () => {
    const [, first = "", second = ""] = CAPTURED_TCP.split("\n");
    const inodeEnds = second.indexOf(" 539") + 4;
    for (let length = 0; length <= inodeEnds; length += 1) {
      const text = `${TCP_HEAD}\nnonsense\n${first}\n\n${second.slice(0, length)}`;
      expect(parseListeningSockets(text)).toMatchObject([{ inode: 122_218 }]);
    }
  });

  it("does not take numbers that no kernel prints", () => {
    const row = (uid: string, inode: string) =>
      `   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 ${uid}        0 ${inode} 1 0 100 0 0 10 0`;
    expect(parseListeningSockets(row("1000", "123"))).toHaveLength(1);
    expect(parseListeningSockets(row("99999999999", "123"))).toEqual([]);
    expect(parseListeningSockets(row("1000", "9".repeat(40)))).toEqual([]);
  });

  it("reads back every socket that a row can show", () => {
    const socket = fc.record({
      port: fc.integer({ min: 0, max: 65_535 }),
      inode: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      uid: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      acceptQueue: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    });
    const byte = fc.integer({ min: 0, max: 255 });
    const bytes = fc.oneof(
      fc.array(byte, { minLength: 4, maxLength: 4 }),
      fc.array(fc.oneof(fc.constant(0), byte), { minLength: 16, maxLength: 16 }),
      fc.array(byte, { minLength: 4, maxLength: 4 }).map((four) => [...Array(10).fill(0), 255, 255, ...four]),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(socket, bytes), { maxLength: 20 }), (sockets) => {
        const rows = sockets.map(([one, address], slot) => procRow(slot, one, address));
        const expected = sockets.map(([one, address]) => ({ ...one, address: textOf(address) }));
        expect(parseListeningSockets(procTable(TCP_HEAD, rows))).toEqual(expected);
      }),
    );
  });

  it("reads any text without throwing, and yields nothing that is out of range", () => {
    const almost = fc
      .tuple(fc.constantFrom(CAPTURED_TCP, CAPTURED_TCP6), fc.nat(1200), fc.nat(40), fc.string())
      .map(([text, at, removed, inserted]) => text.slice(0, at) + inserted + text.slice(at + removed));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" }), almost), (text) => {
        for (const { address, port, inode, uid, acceptQueue } of parseListeningSockets(text) ?? []) {
          expect(canonicalAddress(address)).toBe(address);
          expect(port).toBeLessThanOrEqual(65_535);
          expect([port, inode, uid, acceptQueue].every((value) => Number.isSafeInteger(value) && value >= 0)).toBe(
            true,
          );
        }
      }),
    );
  });

  it.each([
    ["listening rows", procTable(TCP_HEAD, Array(7000).fill(FIRST_ROW))],
    ["rows that almost match", `   0: 0100007F:1F90 00000000:0000 0A ${"0".repeat(150)}\n`.repeat(5500)],
    ["digits", "1".repeat(1024 * 1024)],
    ["spaces", " ".repeat(1024 * 1024)],
    ["line ends", "\n".repeat(1024 * 1024)],
  ])("reads a mebibyte of %s in bounded time, and keeps a bounded number", (_what, text) => {
    const began = performance.now();
    expect(parseListeningSockets(text)?.length ?? 0).toBeLessThanOrEqual(4096);
    expect(performance.now() - began).toBeLessThan(1000);
  });

  it("tells of all sockets or of none: one that is left out would seem not to listen", () => {
    const open = CAPTURED_TCP.split("\n").slice(4);
    const tableOf = (rows: number) => [TCP_HEAD, ...Array(rows).fill(FIRST_ROW), ...open].join("\n");
    expect(parseListeningSockets(tableOf(4096))).toHaveLength(4096);
    expect(parseListeningSockets(tableOf(4097))).toBeNull();
  });

  it("knows in the first mebibyte that there are too many, however long the rows are", () => {
    const most = 2 ** 32 - 1;
    const row = procRow(99_999, { port: 65_535, inode: most, uid: most, acceptQueue: most }, Array(16).fill(255));
    const longest = `${row} ${"9".repeat(249 - row.length - 1)}`;
    expect(parseListeningSockets(procTable(TCP6_HEAD, Array(5000).fill(longest)).slice(0, 1024 * 1024))).toBeNull();
  });
});

describe("hasAllListeningSockets", () => {
  const lines = CAPTURED_TCP.split("\n");

  it("waits for a complete row of another state", () => {
    expect(hasAllListeningSockets(lines.slice(0, 4).join("\n"))).toBe(false);
    expect(hasAllListeningSockets(lines.slice(0, 5).join("\n"))).toBe(false);
    expect(hasAllListeningSockets(`${lines.slice(0, 5).join("\n")}\n`)).toBe(true);
    expect(hasAllListeningSockets(CAPTURED_TCP.slice(0, -80))).toBe(true);
  });

  it.each(["", "\n", TCP_HEAD, `${TCP_HEAD}\n`, "nonsense\n"])("is not satisfied with %j", (text) => {
    expect(hasAllListeningSockets(text)).toBe(false);
  });

  it("never stops before the last listening row", () => {
    fc.assert(
      fc.property(fc.constantFrom(CAPTURED_TCP, CAPTURED_TCP6), fc.nat(1000), (text, length) => {
        const part = text.slice(0, length);
        if (hasAllListeningSockets(part)) {
          expect(parseListeningSockets(part)).toEqual(parseListeningSockets(text));
        }
      }),
    );
  });
});

/** The canonical text of an address in network order, by way of its longest form. */
function textOf(bytes: readonly number[]): string | null {
  if (bytes.length === 4) return bytes.join(".");
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return canonicalAddress(hex.replace(/(.{4})(?=.)/g, "$1:"));
}
