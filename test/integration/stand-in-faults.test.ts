import { createServer, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { status } from "@grpc/grpc-js";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { applyRawFault } from "../../src/stand-in/raw-faults.ts";
import {
  ask,
  call,
  GET_READY,
  grpcPort,
  H2_PREFACE,
  httpPort,
  listenAnywhere,
  open,
  READY,
  start,
  statusOf,
} from "../support/stand-in-of-test.ts";

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    await nextTurn();
  }
}

describe("faults below the protocol", () => {
  const sides = [
    ["HTTP", GET_READY, (fault: "reset" | "close" | "garbage") => ({ httpFault: fault }), httpPort],
    ["gRPC", H2_PREFACE, (fault: "reset" | "close" | "garbage") => ({ grpcFault: fault }), grpcPort],
  ] as const;

  it.each(sides)(
    "reset on the %s side ends a connection by a reset at its first bytes",
    async (_, hello, plan, port) => {
      const connection = await open(port(await start(plan("reset"))), hello);
      expect(await connection.end).toBe("ECONNRESET");
      expect(connection.received()).toHaveLength(0);
    },
  );

  it.each(sides)("close on the %s side ends it by a FIN, without a byte", async (_, hello, plan, port) => {
    const connection = await open(port(await start(plan("close"))), hello);
    expect(await connection.end).toBe("FIN");
    expect(connection.received()).toHaveLength(0);
  });

  it.each(sides)("garbage on the %s side is of neither protocol", async (_, hello, plan, port) => {
    const connection = await open(port(await start(plan("garbage"))), hello);
    expect(await connection.end).toBe("FIN");
    expect(connection.received().length).toBeGreaterThan(9);
  });

  it("shows clients of each protocol what they would see of a real one", async () => {
    const garbage = await start({ httpFault: "garbage", grpcFault: "garbage" });
    await expect(ask(httpPort(garbage))).rejects.toMatchObject({ code: "HPE_INVALID_CONSTANT" });
    expect((await statusOf(call(grpcPort(garbage), READY))).code).toBe(status.UNAVAILABLE);
  });

  it("endless-headers stop when the client leaves", async () => {
    const standIn = await start({ httpFault: "endless-headers" });
    await expect(ask(httpPort(standIn))).rejects.toMatchObject({ code: "HPE_HEADER_OVERFLOW" });
    standIn.setHttpFault(null);
    expect((await ask(httpPort(standIn))).status).toBe(200);
  });

  it.each(["endless-headers", "endless-body"] as const)("%s wait for a client that does not read", async (fault) => {
    const accepted: Socket[] = [];
    const server = createServer((socket) => {
      accepted.push(socket.on("error", () => undefined));
      applyRawFault(fault, socket);
    });
    const port = await listenAnywhere(server);
    onTestFinished(() => void server.close());
    const { socket: client } = await open(port, GET_READY);
    client.pause();
    await vi.waitUntil(() => accepted[0]?.writableNeedDrain);
    const sender = accepted[0];
    await vi.waitUntil(async () => {
      const before = sender?.bytesWritten;
      await turns(100);
      return sender?.bytesWritten === before;
    });
    expect(sender?.writableLength).toBeLessThan(100_000);
    client.destroy();
    await vi.waitUntil(() => sender?.destroyed);
  });

  it("drops connections of the other kind when the fault changes", async () => {
    const standIn = await start();
    const kept = await open(httpPort(standIn), GET_READY);
    await vi.waitUntil(() => kept.received().includes("200 OK"));
    standIn.setHttpFault("reset");
    await kept.end;
    await expect(ask(httpPort(standIn))).rejects.toMatchObject({ code: "ECONNRESET" });
  });
});
