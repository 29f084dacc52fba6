import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newFakeProc } from "../../test/support/fake-proc.ts";
import { TCP_HEAD } from "../../test/support/proc-rows.ts";
import { type Connection, parseEstablished, peersOf, readEstablished } from "./established.ts";

const ROW_END = "00000000:00000000 00:00000000 00000000  1000        0";
const row = (local: string, remote: string, inode: number, state = "01") =>
  `   3: ${local} ${remote} ${state} ${ROW_END} ${inode} 1 00000000cc20053c 20 0 0 10 -1`;
const MAPPED = "0000000000000000FFFF00000100007F";
const PORTS = new Set([9500]);

const connection = (overrides: Partial<Connection> = {}): Connection => ({
  localAddress: "127.0.0.1",
  localPort: 9500,
  remoteAddress: "127.0.0.1",
  remotePort: 40_000,
  inode: 1,
  ...overrides,
});
/** The other end of a connection, in the same namespace. */
const otherEnd = ({ localAddress, localPort, remoteAddress, remotePort }: Connection, inode: number): Connection => ({
  localAddress: remoteAddress,
  localPort: remotePort,
  remoteAddress: localAddress,
  remotePort: localPort,
  inode,
});

describe("established connections", () => {
  it("are read at both ends, v4-mapped ones as IPv4", () => {
    const text = [
      TCP_HEAD,
      row("0100007F:251C", "00000000:0000", 9, "0A"),
      row("0100007F:9C40", "0100007F:251C", 7),
      row(`${MAPPED}:251C`, `${MAPPED}:9C40`, 8),
      row("0100007F:1F90", "0100007F:9C41", 6),
      row("0100007F:251C", "0100007F:9C42", 5, "06"),
      "",
    ].join("\n");
    expect(parseEstablished(text, PORTS)).toEqual([
      { localAddress: "127.0.0.1", localPort: 40_000, remoteAddress: "127.0.0.1", remotePort: 9500, inode: 7 },
      { localAddress: "127.0.0.1", localPort: 9500, remoteAddress: "127.0.0.1", remotePort: 40_000, inode: 8 },
    ]);
  });

  it("are read from any text without throwing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(120), (text, at) => {
        const good = row("0100007F:9C40", "0100007F:251C", 7);
        parseEstablished(`${good.slice(0, at)}${text}${good.slice(at)}\n${text}`, PORTS);
      }),
    );
  });

  it("are not told where there is no table, and are those of IPv4 where there is no IPv6", () => {
    const proc = newFakeProc();
    expect(readEstablished(proc.root, PORTS)).toBeNull();
    proc.write("net/tcp", `${TCP_HEAD}\n${row("0100007F:9C40", "0100007F:251C", 7)}\n`);
    expect(readEstablished(proc.root, PORTS)).toHaveLength(1);
  });

  it.each([
    ["rows", `${row("0100007F:9C40", "0100007F:251C", 7)}\n`.repeat(7000)],
    ["digits", "1".repeat(1024 * 1024)],
    ["spaces", " ".repeat(1024 * 1024)],
  ])("are read from a mebibyte of %s in bounded time", (_what, text) => {
    const began = performance.now();
    parseEstablished(text, PORTS);
    expect(performance.now() - began).toBeLessThan(1000);
  });
});

describe("who is connected to a port", () => {
  const own = new Set([7]);

  it("is everybody but ourselves", () => {
    const ours = connection({ remotePort: 40_000 });
    const agents = connection({ remotePort: 40_001 });
    const kubelets = connection({ localAddress: "10.42.0.7", remoteAddress: "10.42.0.1", remotePort: 40_000 });
    const rows = [ours, otherEnd(ours, 7), agents, otherEnd(agents, 20), kubelets];
    expect(peersOf(9500, rows, own)).toEqual(["127.0.0.1 40001", "10.42.0.1 40000"]);
  });

  it("is a client whose connection waits to be accepted, too", () => {
    expect(peersOf(9500, [connection({ inode: 0 })], own)).toEqual(["127.0.0.1 40000"]);
  });

  it("is nobody for connections that go out to such a port elsewhere", () => {
    expect(peersOf(9500, [connection({ localPort: 40_000, remotePort: 9500, inode: 20 })], own)).toEqual([]);
  });

  it("is told of 64 at most", () => {
    const many = Array.from({ length: 5000 }, (_, index) => connection({ remotePort: index + 1 }));
    expect(peersOf(9500, many, own)).toHaveLength(64);
  });
});
