import { expect, it } from "vitest";
import { byPort } from "./socket-order.ts";

function socket(port: number, address: string, inode: number) {
  return { port, address, inode, uid: 0, acceptQueue: 0 };
}

it("orders sockets by port, then address, then inode, in whatever order they come", () => {
  const ordered = [
    socket(9000, "0.0.0.0", 7),
    socket(9000, "::", 2),
    socket(9000, "::", 3),
    socket(9500, "::", 1),
    socket(10_000, "127.0.0.1", 1),
  ];
  expect([...ordered].reverse().sort(byPort)).toEqual(ordered);
  expect([3, 0, 4, 2, 1].flatMap((index) => ordered[index] ?? []).sort(byPort)).toEqual(ordered);
});
