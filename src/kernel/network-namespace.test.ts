import { readlinkSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { newFakeProc } from "../../test/support/fake-proc.ts";
import { readNetworkNamespace } from "./network-namespace.ts";

it.each([
  ["net:[4026532011]", 4_026_532_011],
  ["net:[]", null],
  ["mnt:[4026532011]", null],
  ["net:[4026532011]x", null],
])("reads the inode of the namespace from %s", (target, inode) => {
  const proc = newFakeProc();
  proc.write("self/ns/.keep", "");
  symlinkSync(target, join(proc.root, "self/ns/net"));
  expect(readNetworkNamespace(proc.root)).toBe(inode);
});

it("is null where there is no such file", () => {
  expect(readNetworkNamespace(newFakeProc().root)).toBeNull();
});

it.skipIf(process.platform !== "linux")("reads the namespace of this process", () => {
  expect(`net:[${readNetworkNamespace("/proc")}]`).toBe(readlinkSync("/proc/self/ns/net"));
});
