import { expect, it } from "vitest";
import { manualClock } from "../../test/support/fake-view.ts";
import { socket } from "../../test/support/looks.ts";
import type { ListeningSocket } from "../core/observation.ts";
import type { ListenTable } from "../kernel/listen-table.ts";
import { startDoorbell } from "./doorbell.ts";

function ringable(sockets: readonly ListeningSocket[] | null, tickMs = () => 40) {
  const clock = manualClock();
  const rings: [number, number[]][] = [];
  let shown = sockets;
  let missing = 0;
  let readings = 0;
  const table: ListenTable = {
    current: () => {
      readings += 1;
      return shown;
    },
    fresh: () => shown,
    isOutdated: () => false,
    close: () => {},
  };
  const doorbell = startDoorbell({
    clock,
    table,
    ports: [9000, 9500],
    tickMs,
    onChange: (port, found) => rings.push([port, found.map(({ inode }) => inode)]),
    onNoTable: () => {
      missing += 1;
    },
  });
  return {
    ...doorbell,
    clock,
    rings,
    missing: () => missing,
    readings: () => readings,
    show: (next: readonly ListeningSocket[] | null) => {
      shown = next;
    },
  };
}

it("rings for a socket that is there from the start", () => {
  expect(ringable([socket({ inode: 1 })]).rings).toEqual([[9000, [1]]]);
});

it("rings within a tick when a socket comes, goes, or is replaced, and only for its port", () => {
  const bell = ringable([]);
  for (const inodes of [[1], [], [2], [3]]) {
    bell.show(inodes.map((inode) => socket({ inode, port: 9500 })));
    bell.clock.advance(40);
  }
  expect(bell.rings).toEqual([
    [9500, [1]],
    [9500, []],
    [9500, [2]],
    [9500, [3]],
  ]);
});

it("stays quiet while the sockets are the same, in whatever order and however long their queues", () => {
  const bell = ringable([socket({ inode: 1 }), socket({ inode: 2 })]);
  bell.show([socket({ inode: 2, acceptQueue: 3 }), socket({ inode: 1 })]);
  bell.clock.advance(1000);
  expect(bell.rings).toHaveLength(1);
});

it("stays quiet about ports of others", () => {
  const bell = ringable([]);
  bell.show([socket({ inode: 1, port: 5572 })]);
  bell.clock.advance(1000);
  expect(bell.rings).toEqual([]);
});

it("says once that there is no table, and rings again when there is one", () => {
  const bell = ringable(null);
  bell.clock.advance(1000);
  expect(bell.missing()).toBe(1);
  bell.show([socket({ inode: 1 })]);
  bell.clock.advance(40);
  expect(bell.rings).toEqual([[9000, [1]]]);
});

it("goes over to another pace at once when it is told that the pace has changed", () => {
  let tickMs = 1000;
  const bell = ringable([], () => tickMs);
  const before = bell.readings();
  bell.clock.advance(999);
  expect(bell.readings()).toBe(before);
  tickMs = 40;
  bell.retime();
  bell.clock.advance(400);
  expect(bell.readings()).toBe(before + 10);
});

it("never looks again once it is stopped", () => {
  const bell = ringable([]);
  bell.stop();
  bell.show([socket({ inode: 1 })]);
  bell.clock.advance(10_000);
  expect(bell.rings).toEqual([]);
});
