import { describe, expect, it } from "vitest";
import { newFakeProc } from "../../test/support/fake-proc.ts";
import { openCounters } from "./counters.ts";

const HEAD = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
`;
const REST = "    0    0    0     0          0         0      123       45    0    0    0     0       0          0";

/** What is read of `lo` from that text of `/proc/net/dev`. */
function packetsOf(text: string | null): number | null {
  const proc = newFakeProc();
  if (text !== null) proc.write("net/dev", text);
  const counters = openCounters(proc.root);
  const { loopbackPackets } = counters.tcp();
  counters.close();
  return loopbackPackets;
}

describe("the packets of loopback", () => {
  it.each([
    ["the row of lo", `${HEAD}    lo: 1500      12${REST}\n  eth0:    9       8${REST}\n`, 12],
    ["one that comes later", `${HEAD}  eth0:    9       8${REST}\n    lo: 1500      12${REST}\n`, 12],
    ["figures that follow the name at once", `${HEAD}lo:1500 12${REST}\n`, 12],
    ["no row of lo", `${HEAD} xlo:    9       8${REST}\n`, null],
    ["no figures", `${HEAD}    lo:\n`, null],
    ["no file", null, null],
  ])("are told by %s", (_what, text, packets) => {
    expect(packetsOf(text)).toBe(packets);
  });
});
