import { closeSync, openSync } from "node:fs";
import { connect, createServer } from "node:net";
import { openCounters } from "../../src/kernel/counters.ts";
import { openListenTable } from "../../src/kernel/listen-table.ts";
import { newBursts } from "../../src/probes/burst.ts";
import { runCanary } from "../../src/probes/canary.ts";
import { systemClock as clock } from "../../src/watch/system-clock.ts";
import type { Exhausted } from "./proof-pod.ts";

// Runs inside a pod: what the gate's own probes measure there. Writes its result as JSON to stdout.

const counters = openCounters("/proc");
const { burst, controlBurst } = newBursts({ clock, counters });

/** Two bursts, the control and the canary, in this order. */
async function prove(address: string, port: number) {
  const bursts = [await burst(address, port), await burst(address, port)];
  const control = await controlBurst(address);
  return { bursts, control, canary: await runCanary({ address, withinMs: 500 }) };
}

/** Many bursts on a closed port: how many had fewer resets than attempts, and how many more. */
async function burstOften(address: string, port: number, times: number) {
  const counts = { short: 0, exact: 0, more: 0 };
  for (let count = 0; count < times; count += 1) {
    const { attempts, resetsSent } = (await burst(address, port)).burst;
    if (resetsSent === null || resetsSent < attempts) counts.short += 1;
    else if (resetsSent === attempts) counts.exact += 1;
    else counts.more += 1;
  }
  return counts;
}

/** Connects to a closed port, and has connections reset, again and again, until it is killed. */
function makeNoise(address: string, port: number): void {
  const knock = (to: number, after: () => void) => {
    const socket = connect({ host: address, port: to }, () => socket.resetAndDestroy());
    socket.on("error", () => {});
    socket.on("close", after);
  };
  const server = createServer((socket) => socket.on("error", () => {}));
  server.listen(0, address, () => {
    const own = server.address();
    const again = (to: number) => () => setTimeout(() => knock(to, again(to)), 1);
    again(port)();
    if (own !== null && typeof own === "object") again(own.port)();
  });
}

/** Whether the table of listening sockets shows a canary while it is up. */
async function findCanary() {
  const table = openListenTable("/proc", () => clock.now().monotonicMs);
  let isShown = false;
  const canary = await runCanary({
    address: "127.0.0.1",
    withinMs: 500,
    whileOpen: (own) => {
      isShown = table.fresh()?.some(({ port }) => port === own) ?? false;
    },
  });
  return { canary, isShown, isGone: table.fresh()?.length === 0 };
}

/**
 * What the canary, a burst on a closed port and its control come to when all descriptors are in use, and then, one by one,
 * some are free again. Under a low limit only.
 */
async function exhaust(address: string, port: number) {
  const held: number[] = [];
  try {
    for (;;) held.push(openSync("/dev/null", "r"));
  } catch {
    // None is left.
  }
  const seen: Exhausted[] = [];
  for (let free = 0; free <= FREE_MOST; free += 1) {
    const canary = await runCanary({ address, withinMs: 500 });
    const made = await burst(address, port);
    seen.push({ canary, burst: made.burst, control: await controlBurst(address) });
    closeSync(held.pop() ?? -1);
  }
  return seen;
}

const FREE_MOST = 10;

const [what, address = "127.0.0.1", port = "9500", times = "1"] = process.argv.slice(2);
if (what === "noise") makeNoise(address, Number(port));
else {
  const measure = { prove, burstOften, findCanary, exhaust }[what as "prove"] as (
    address: string,
    port: number,
    times: number,
  ) => Promise<unknown>;
  process.stdout.write(JSON.stringify(await measure(address, Number(port), Number(times))));
}
