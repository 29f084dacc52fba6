import { beforeEach, expect, test, vi } from "vitest";
import { podsAvailable } from "../support/pod.ts";
import { watchAcceptQueues } from "./accept-queue.ts";
import { podOfTest } from "./gate-in-pod.ts";

const support = await podsAvailable();

beforeEach(({ skip }) => {
  if (!support.ok) skip(support.reason);
});

test("the watch counts the connections that a stopped server has not accepted, and those of no other port", async () => {
  const pod = await podOfTest();
  const server = pod.spawn(process.execPath, [
    "-e",
    `const { createServer } = require("node:net"); createServer().listen(9000, "0.0.0.0");
     createServer(() => console.log("taken")).listen(9001)`,
  ]);
  await vi.waitFor(async () => expect(await pod.connect(9001, "::1")).toBe("ok"), { timeout: 10_000 });
  // Else that connection may wait in the queue too.
  await vi.waitFor(() => expect(server.stdout()).toContain("taken"), { timeout: 10_000 });
  server.kill("SIGSTOP");
  const queues = watchAcceptQueues(pod, [9000]);
  for (const port of [9000, 9000, 9000, 9001, 9001, 9001, 9001]) expect(await pod.connect(port)).toBe("ok");
  const both = watchAcceptQueues(pod, [9000, 9001]);
  expect((await queues.end()).longest).toBe(3);
  expect((await both.end()).longest).toBe(4);
});
