import { createServer, Socket } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { connectOutcome, connectTcp, isSelfConnected } from "../../src/probes/connect.ts";
import { releaseSocket } from "../../src/probes/release.ts";
import { openTcpProber } from "../../src/probes/tcp.ts";
import { listenRaw, portOf, startRawServer, writeEndlessly } from "../support/raw-servers.ts";

const address = "127.0.0.1";

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("connectTcp", () => {
  it("tells a connection and the time it took, to one decimal", async () => {
    const { port } = await startRawServer(() => undefined);
    const { socket, result } = connectTcp({ address, port });
    const connect = await result;
    releaseSocket(socket);
    expect(connect).toEqual({ outcome: "ok", errno: null, refusedBy: null, ms: expect.any(Number) });
    expect(connect.ms).toBe(Math.round(connect.ms * 10) / 10);
    expect(connect.ms).toBeLessThan(1000);
  });

  it("tells a refusal, and does not claim to know by whom", async () => {
    const { result } = connectTcp({ address, port: await closedPort() });
    expect(await result).toMatchObject({ outcome: "refused", errno: "ECONNREFUSED", refusedBy: "unknown" });
  });

  it("reaches a listener over IPv6", async () => {
    const { port } = await startRawServer(() => undefined, "::1");
    const { socket, result } = connectTcp({ address: "::1", port });
    expect((await result).outcome).toBe("ok");
    releaseSocket(socket);
  });

  it("stays pending when it is destroyed while connecting", async () => {
    const { socket, result } = connectTcp({ address: "192.0.2.1", port: 9 });
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.destroy();
    await closed;
    const settled = vi.fn();
    result.then(settled);
    await new Promise(setImmediate);
    expect(settled).not.toHaveBeenCalled();
  });

  it("never counts a connection to itself", async () => {
    // A socket that is bound to the port that it connects to is the ephemeral-range accident made on purpose.
    const port = await closedPort();
    const socket = new Socket();
    onTestFinished(() => void socket.destroy());
    socket.connect({ host: address, port, localPort: port, localAddress: address });
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    expect(isSelfConnected(socket)).toBe(true);
  });

  it.each([
    ["ETIMEDOUT", "timeout"],
    ["EHOSTUNREACH", "unreachable"],
    ["ENETUNREACH", "unreachable"],
    ["EINVAL", "unreachable"],
    ["ENOPROTOOPT", "unreachable"],
    ["EACCES", "denied"],
    ["EPERM", "denied"],
    ["EADDRNOTAVAIL", "unavailable"],
    ["EMFILE", "unavailable"],
    ["ENFILE", "unavailable"],
    ["ECONNRESET", "reset"],
    ["toString", "unavailable"],
  ])("takes %s for %s", (errno, outcome) => {
    expect(connectOutcome(errno)).toBe(outcome);
  });
});

describe("the TCP prober", () => {
  it("takes a connection for the answer and ends it by FIN", async () => {
    const ended = vi.fn();
    const failed = vi.fn();
    const server = await startRawServer((socket) => socket.on("end", ended).on("error", failed).resume());
    const inquiry = openTcpProber({ address, port: server.port }).ask([]);
    expect((await inquiry.connected).outcome).toBe("ok");
    expect(await inquiry.answered).toMatchObject({ kind: "ready", code: "TCP_CONNECTED", modelsPending: [] });
    await vi.waitFor(() => expect(server.open()).toBe(0));
    expect(ended).toHaveBeenCalledOnce();
    expect(failed).not.toHaveBeenCalled();
  });

  it("drains what a server says first, so that no reset is sent", async () => {
    const failed = vi.fn();
    const server = await startRawServer((socket) => socket.on("error", failed).write("220 ready\r\n"));
    const inquiry = openTcpProber({ address, port: server.port }).ask([]);
    await inquiry.answered;
    await vi.waitFor(() => expect(server.open()).toBe(0));
    expect(failed).not.toHaveBeenCalled();
  });

  it("leaves a server that sends without end", async () => {
    const server = await startRawServer((socket) => writeEndlessly(socket, Buffer.alloc(65_536)));
    await openTcpProber({ address, port: server.port }).ask([]).answered;
    await vi.waitFor(() => expect(server.open()).toBe(0), { timeout: 3000 });
  });

  it("leaves a server that keeps its half open", async () => {
    const accepted: Socket[] = [];
    const keep = (socket: Socket) => accepted.push(socket.resume());
    const server = await listenRaw(createServer({ allowHalfOpen: true }, keep));
    await openTcpProber({ address, port: server.port }).ask([]).answered;
    // Bytes to a socket that is gone are answered by a reset, which closes this end too.
    const say = () => accepted[0]?.write("?");
    await vi.waitFor(() => expect([say(), server.open()]).toEqual([expect.anything(), 0]), { timeout: 3000 });
    expect(server.accepted()).toBe(1);
  });

  it("has no answer when it is refused", async () => {
    const inquiry = openTcpProber({ address, port: await closedPort() }).ask([]);
    const answered = vi.fn();
    inquiry.answered.then(answered);
    expect((await inquiry.connected).outcome).toBe("refused");
    await new Promise(setImmediate);
    expect(answered).not.toHaveBeenCalled();
    expect(inquiry.silence()).toMatchObject({ kind: "silence", code: "DEADLINE", asked: "TCP connect" });
  });
});
