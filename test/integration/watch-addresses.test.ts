import { lookup } from "node:dns/promises";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createRawServer } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { PathLook } from "../../src/core/observation.ts";
import type { VerdictCode } from "../../src/core/verdict-table.ts";
import { forkStandInOfTest } from "../support/stand-in-child.ts";
import { freeLowPort, startWatchedGate, type WatchedGate } from "../support/watched-gate.ts";

/** A server that is ready, bound to one address, for the length of the test. */
async function serveOn(host: string, { ipv6Only = false, port = 0 } = {}): Promise<number> {
  const server = createServer((_request, response) => response.end());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, ipv6Only, port }, resolve);
  });
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function gateBefore(host: string, port: number): Promise<WatchedGate> {
  return await startWatchedGate({ targets: [`http=http://${host}:${port}/v2/health/ready`] });
}

/** Waits for some looks, and tells what they came to. */
async function verdictsOf(gate: WatchedGate): Promise<readonly string[]> {
  await vi.waitFor(() => expect(gate.target("http").memory.attempts).toBeGreaterThanOrEqual(2), { timeout: 10_000 });
  return gate.codes("http");
}

/** The pod's other addresses are looked at for evidence alone. */
const isAsked = ({ role }: PathLook) => role === "target";

const ASKED_AND_BOUND: readonly (readonly [asked: string, bound: string, verdict: VerdictCode])[] = [
  ["127.0.0.1", "127.0.0.1", "READY"],
  ["127.0.0.1", "0.0.0.0", "READY"],
  ["127.0.0.1", "::", "READY"],
  ["127.0.0.1", "::ffff:127.0.0.1", "READY"],
  ["127.0.0.1", "127.0.0.2", "BOUND_ELSEWHERE"],
  ["127.0.0.1", "::1", "BOUND_ELSEWHERE"],
  ["[::1]", "::1", "READY"],
  ["[::1]", "::", "READY"],
  ["[::1]", "127.0.0.1", "BOUND_ELSEWHERE"],
  ["[::1]", "0.0.0.0", "BOUND_ELSEWHERE"],
  ["[::1]", "::ffff:127.0.0.1", "BOUND_ELSEWHERE"],
  ["0.0.0.0", "127.0.0.1", "READY"],
  ["[::]", "::1", "READY"],
  ["localhost", "127.0.0.1", "READY"],
  ["localhost", "::", "READY"],
  ["localhost", "127.0.0.2", "BOUND_ELSEWHERE"],
  ["[::ffff:127.0.0.1]", "127.0.0.1", "READY"],
];

describe("a target", () => {
  it.each(ASKED_AND_BOUND)("at %s, whose server is bound to %s, is %s", async (asked, bound, verdict) => {
    const gate = await gateBefore(asked, await serveOn(bound));
    expect(await verdictsOf(gate)).toEqual([verdict]);
    expect(gate.state().isOpen).toBe(verdict === "READY");
  });

  it("at a name is ready when any of the name's addresses is", async () => {
    const addresses = (await lookup("localhost", { all: true })).map(({ address }) => address);
    for (const bound of ["127.0.0.1", "::1"]) {
      const gate = await gateBefore("localhost", await serveOn(bound));
      const verdicts = await verdictsOf(gate);
      expect(
        gate
          .target("http")
          .lastLook?.paths.filter(isAsked)
          .map(({ address }) => address),
      ).toEqual(addresses);
      expect(verdicts).toEqual([addresses.includes(bound) ? "READY" : "BOUND_ELSEWHERE"]);
    }
  });

  it("whose server serves IPv6 alone is no network block over IPv4", async () => {
    const gate = await gateBefore("127.0.0.1", await serveOn("::", { ipv6Only: true }));
    await vi.waitUntil(() => gate.looks.length >= 10, { timeout: 10_000 });
    expect(gate.state().isOpen).toBe(false);
    expect(gate.transitions.map((one) => one.verdict.class)).not.toContain("network-block");
  });

  it("tells where its port is bound, and which address does not reach it", async () => {
    const port = await serveOn("127.0.0.2");
    const gate = await gateBefore("127.0.0.1", port);
    await verdictsOf(gate);
    const { verdict, memory } = gate.target("http");
    expect(memory.sockets).toMatchObject([{ address: "127.0.0.2", port, inode: expect.any(Number) }]);
    expect(verdict.summary).toContain(`127.0.0.2:${port}`);
    expect(verdict.evidence.join("\n")).toContain("not on 127.0.0.1");
  });

  it("names the other ports that listen when its own does not", async () => {
    // Another process: the gate's own listeners are not worth naming.
    const other = await freeLowPort();
    const child = await forkStandInOfTest({ host: "127.0.0.1", httpPort: other, grpcPort: null });
    await child.reached("ready");
    const own = await serveOn("127.0.0.1", { port: await freeLowPort() });
    const gate = await gateBefore("127.0.0.1", await freeLowPort());
    expect(await verdictsOf(gate)).toEqual(["NOT_LISTENING"]);
    const listen = gate.target("http").lastLook?.listen;
    if (!listen?.isKnown) throw new Error("the table is not known");
    expect(listen.otherPorts).toContain(other);
    expect(listen.otherPorts).not.toContain(own);
  });

  it("whose host does not resolve is misconfigured, and no look takes longer than it may", async () => {
    const gate = await startWatchedGate({ targets: ["http=http://nowhere.invalid:9000/"], probeTimeout: "500ms" });
    expect(await verdictsOf(gate)).toEqual(["NAME_UNRESOLVED"]);
    for (const { look } of gate.looks) {
      expect(look.ended.monotonicMs - look.began.monotonicMs).toBeLessThan(650);
    }
  });

  it("over TCP is ready as soon as it accepts, and is never written to", async () => {
    let bytes = 0;
    const server = createRawServer((socket) => {
      socket.on("data", (chunk) => {
        bytes += chunk.length;
      });
      socket.on("error", () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const gate = await startWatchedGate({ targets: [`tcp=tcp://127.0.0.1:${port}`], interval: "100ms" });
    await vi.waitUntil(() => gate.looks.length >= 5, { timeout: 5000 });
    expect(gate.codes("tcp")).toEqual(["READY"]);
    expect(bytes).toBe(0);
  });
});
