import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { networkInterfaces } from "node:os";
import { describe, expect, it, onTestFinished } from "vitest";
import { type FakeProc, newFakeProc } from "../../test/support/fake-proc.ts";
import { procRow, procTable, TCP_HEAD, TCP6_HEAD } from "../../test/support/proc-rows.ts";
import { type ListenTable, openListenTable } from "./listen-table.ts";

/** A table over fake files, with a clock that only the test moves. */
interface Stage {
  readonly proc: FakeProc;
  readonly table: ListenTable;
  advance(ms: number): void;
  /** Makes the kernel's files show these sockets and counts. */
  show(state: { inodes?: readonly number[]; count?: number; inodes6?: readonly number[]; count6?: number }): void;
}

function newStage(): Stage {
  const proc = newFakeProc();
  let nowMs = 0;
  const table = openListenTable(proc.root, () => nowMs);
  onTestFinished(() => table.close());
  const rows = (inodes: readonly number[], bytes: readonly number[]) =>
    inodes.map((inode, slot) => procRow(slot, { port: 9000, inode, uid: 0, acceptQueue: 0 }, bytes));
  return {
    proc,
    table,
    advance: (ms) => {
      nowMs += ms;
    },
    show: ({ inodes, count, inodes6, count6 }) => {
      if (inodes) proc.write("net/tcp", procTable(TCP_HEAD, rows(inodes, [0, 0, 0, 0])));
      if (inodes6) proc.write("net/tcp6", procTable(TCP6_HEAD, rows(inodes6, Array(16).fill(0))));
      if (count !== undefined) proc.write("net/sockstat", `TCP: inuse ${count} orphan 0\n`);
      if (count6 !== undefined) proc.write("net/sockstat6", `TCP6: inuse ${count6}\n`);
    },
  };
}

function inodesOf(sockets: ReturnType<ListenTable["current"]>): readonly number[] | null {
  return sockets?.map(({ inode }) => inode) ?? null;
}

describe("the table over files of a test", () => {
  it("shows the sockets of both families", () => {
    const { table, show } = newStage();
    show({ inodes: [1, 2], count: 2, inodes6: [3], count6: 1 });
    expect(inodesOf(table.current())).toEqual([1, 2, 3]);
  });

  it("shows them in the order of their ports, whatever the kernel's", () => {
    const { proc, table } = newStage();
    const row = (port: number, bytes: readonly number[]) =>
      procRow(0, { port, inode: port, uid: 0, acceptQueue: 0 }, bytes);
    const [ipv4, ipv6] = [Array(4).fill(0), Array(16).fill(0)];
    proc.write("net/tcp", procTable(TCP_HEAD, [row(9500, ipv4), row(8080, ipv4)]));
    proc.write("net/tcp6", procTable(TCP6_HEAD, [row(9000, ipv6)]));
    expect(inodesOf(table.current())).toEqual([8080, 9000, 9500]);
    expect(inodesOf(table.fresh())).toEqual([8080, 9000, 9500]);
  });

  it("does not read again while the counts are the same", () => {
    const { table, show } = newStage();
    show({ inodes: [1], count: 1, inodes6: [], count6: 0 });
    table.current();
    show({ inodes: [2] });
    expect(table.isOutdated()).toBe(false);
    expect(inodesOf(table.current())).toEqual([1]);
  });

  it.each(["count", "count6"] as const)("reads again once the %s moved", (moved) => {
    const { table, show } = newStage();
    show({ inodes: [1], count: 1, inodes6: [], count6: 0 });
    table.current();
    show({ inodes: [1, 2], inodes6: [3], [moved]: 9 });
    expect(table.isOutdated()).toBe(true);
    expect(inodesOf(table.current())).toEqual(moved === "count" ? [1, 2] : [1, 3]);
    expect(table.isOutdated()).toBe(false);
  });

  it("reads again when the last reading is a second old, since a close and a bind leave the counts equal", () => {
    const { table, show, advance } = newStage();
    show({ inodes: [1], count: 1, inodes6: [], count6: 0 });
    table.current();
    show({ inodes: [2] });
    advance(999);
    expect(inodesOf(table.current())).toEqual([1]);
    advance(1);
    expect(table.isOutdated()).toBe(true);
    expect(inodesOf(table.current())).toEqual([2]);
  });

  it("reads anew whenever it is told to", () => {
    const { table, show } = newStage();
    show({ inodes: [1], count: 1, inodes6: [], count6: 0 });
    table.current();
    show({ inodes: [2] });
    expect(inodesOf(table.fresh())).toEqual([2]);
    expect(inodesOf(table.current())).toEqual([2]);
  });

  it("is null while there is no table, and there once the files are", () => {
    const { table, show } = newStage();
    expect([table.current(), table.fresh()]).toEqual([null, null]);
    show({ inodes: [1], count: 1 });
    expect(inodesOf(table.current())).toEqual([1]);
  });

  it("is that of IPv4 alone where there is no IPv6", () => {
    const { table, show } = newStage();
    show({ inodes: [1], count: 1 });
    expect(inodesOf(table.current())).toEqual([1]);
    expect(inodesOf(table.current())).toEqual([1]);
  });

  it("is read each time where the counts cannot be", () => {
    const { table, show } = newStage();
    show({ inodes: [1], inodes6: [] });
    expect(inodesOf(table.current())).toEqual([1]);
    show({ inodes: [2] });
    expect(inodesOf(table.current())).toEqual([2]);
  });

  it("survives files that hold nonsense", () => {
    const { table, proc } = newStage();
    for (const file of ["tcp", "tcp6", "sockstat", "sockstat6"])
      proc.write(`net/${file}`, "\u0000nonsense\n".repeat(9));
    expect(table.current()).toEqual([]);
  });
});

describe("a long table", () => {
  const some = (length: number) => Array.from({ length }, (_, index) => index + 1);

  it("is read whole: a socket that is left out would seem not to listen", () => {
    const { table, show } = newStage();
    show({ inodes: some(4000), count: 4000, inodes6: some(4000), count6: 4000 });
    expect(table.current()).toHaveLength(8000);
  });

  it.each([
    ["IPv4", { inodes: some(9000), count: 9000, inodes6: [1], count6: 1 }],
    ["IPv6", { inodes: [1], count: 1, inodes6: some(9000), count6: 9000 }],
  ])("is no table when that of %s cannot be read whole, and one again when it can", (_family, tooMany) => {
    const { table, show } = newStage();
    show(tooMany);
    const began = performance.now();
    expect([table.current(), table.fresh()]).toEqual([null, null]);
    expect(performance.now() - began).toBeLessThan(1000);
    show({ inodes: [1], count: 1, inodes6: [2], count6: 2 });
    expect(inodesOf(table.fresh())).toEqual([1, 2]);
  });
});

describe("readings that cost much", () => {
  it("are spaced when the counts move all the time", () => {
    const proc = newFakeProc();
    let nowMs = 0;
    // Each glance at this clock takes two milliseconds, and so does each reading.
    const table = openListenTable(proc.root, () => {
      nowMs += 2;
      return nowMs;
    });
    onTestFinished(() => table.close());
    proc.write("net/tcp", procTable(TCP_HEAD, []));
    let readings = 0;
    for (let count = 0; count < 500; count += 1) {
      proc.write("net/sockstat", `TCP: inuse ${count} orphan 0\n`);
      if (table.isOutdated()) readings += 1;
      table.current();
    }
    expect(readings).toBeGreaterThan(0);
    expect(readings).toBeLessThan(nowMs / 25);
  });

  it("do not hide a bind for more than 60 ms, even if the process lost its core in the middle of one", () => {
    const proc = newFakeProc();
    let nowMs = 0;
    let pausedMs = 0;
    const table = openListenTable(proc.root, () => {
      nowMs += pausedMs;
      return nowMs;
    });
    onTestFinished(() => table.close());
    proc.write("net/tcp", procTable(TCP_HEAD, []));
    proc.write("net/sockstat", "TCP: inuse 1 orphan 0\n");
    pausedMs = 15;
    table.fresh();
    pausedMs = 0;
    proc.write("net/sockstat", "TCP: inuse 2 orphan 0\n");
    expect(table.isOutdated()).toBe(false);
    nowMs += 60;
    expect(table.isOutdated()).toBe(true);
  });
});

describe.skipIf(process.platform !== "linux")("the kernel's own table", () => {
  async function listen(host: string, ipv6Only = false): Promise<{ server: Server; port: number }> {
    const server = createServer();
    server.listen({ host, port: 0, ipv6Only });
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return { server, port: address.port };
  }

  function openReal(): ListenTable {
    const table = openListenTable("/proc", () => performance.now());
    onTestFinished(() => table.close());
    return table;
  }

  async function expectShown(host: string): Promise<void> {
    const table = openReal();
    table.current();
    const { port } = await listen(host);
    const found = table.fresh()?.filter((socket) => socket.port === port);
    expect(found).toEqual([
      { address: host, port, uid: process.getuid?.(), inode: expect.any(Number), acceptQueue: 0 },
    ]);
    expect(found?.[0]?.inode).toBeGreaterThan(0);
  }

  it.each(["127.0.0.1", "0.0.0.0"])("shows a listener on %s at once", expectShown);

  const hasIpv6 = Object.values(networkInterfaces()).some((entries) =>
    entries?.some(({ address }) => address === "::1"),
  );
  it.skipIf(!hasIpv6).each(["::1", "::", "::ffff:127.0.0.1"])("shows a listener on %s at once", expectShown);

  it("shows another inode when the port is bound anew", async () => {
    const table = openReal();
    const { server, port } = await listen("127.0.0.1");
    const inode = () => table.fresh()?.find((socket) => socket.port === port)?.inode;
    const before = inode();
    server.close();
    await once(server, "close");
    expect(inode()).toBeUndefined();
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    expect(inode()).not.toBe(before);
  });

  it("notices a bind by the counts, without being told to read", async () => {
    // On a clock that stands still no reading gets old.
    const table = openListenTable("/proc", () => 0);
    onTestFinished(() => table.close());
    table.fresh();
    const { port } = await listen("127.0.0.1");
    await expect.poll(() => table.current()?.some((socket) => socket.port === port), { interval: 5 }).toBe(true);
  });
});
