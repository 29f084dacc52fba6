import { createServer } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { startStandIn } from "../../src/stand-in/stand-in.ts";
import {
  ask,
  call,
  FALSE,
  GET_READY,
  grpcPort,
  httpPort,
  listenAnywhere,
  open,
  READY,
  start,
  TRUE,
} from "../support/stand-in-of-test.ts";

describe("the phases of a start", () => {
  it("come in their order, each answering for itself", async () => {
    const phases: string[] = [];
    const plan = { bindAfterMs: null, answerAfterMs: null, readyAfterMs: null };
    const standIn = await start(plan, (phase) => phases.push(phase));
    expect(standIn.ports()).toEqual({ http: null, grpc: null });

    standIn.advance();
    await standIn.reached("bound");
    const early = ask(httpPort(standIn));
    const earlyCall = call(grpcPort(standIn), READY);
    await vi.waitUntil(() => standIn.connectionsSeen().http === 1 && standIn.connectionsSeen().grpc === 1);
    expect(standIn.questionsSeen()).toEqual({ http: 0, grpc: 0 });

    standIn.advance();
    expect(await early).toMatchObject({ status: 400, body: "" });
    expect(await earlyCall).toEqual(FALSE);
    expect(standIn.becameReadyAt()).toBeNull();

    standIn.advance();
    expect((await ask(httpPort(standIn))).status).toBe(200);
    expect(await call(grpcPort(standIn), READY)).toEqual(TRUE);
    expect(standIn.becameReadyAt()).toBe(await standIn.reached("ready"));
    expect(phases).toEqual(["starting", "bound", "answering", "ready"]);
  });

  it("refuse connections until the bind", async () => {
    const holder = createServer();
    const port = await listenAnywhere(holder);
    await new Promise((resolve) => holder.close(resolve));
    const standIn = await start({ httpPort: port, grpcPort: null, bindAfterMs: null });
    await expect(ask(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    standIn.advance();
    await standIn.reached("bound");
    expect((await ask(port)).status).toBe(200);
  });

  it("take the time that the plan gives them", async () => {
    const standIn = await start({ bindAfterMs: 30, answerAfterMs: 30, readyAfterMs: 30 });
    const ready = await standIn.reached("ready");
    const times = [
      await standIn.reached("starting"),
      await standIn.reached("bound"),
      await standIn.reached("answering"),
    ];
    const durations = [...times.slice(1), ready].map((time, index) => time - (times[index] ?? 0));
    // Timers may fire up to a millisecond early by the wall clock.
    for (const duration of durations) {
      expect(duration).toBeGreaterThanOrEqual(28);
    }
  });

  it("obey setReady, before and after readiness", async () => {
    const standIn = await start({ answerAfterMs: null, readyAfterMs: null });
    standIn.setReady(true);
    expect(standIn.phase()).toBe("bound");
    standIn.advance();
    expect(standIn.phase()).toBe("ready");
    standIn.setReady(false);
    expect(standIn.phase()).toBe("answering");
    expect((await ask(httpPort(standIn))).status).toBe(400);
    standIn.setReady(true);
    expect((await ask(httpPort(standIn))).status).toBe(200);
    standIn.setModelReady("iris", false);
    expect((await ask(httpPort(standIn), "/v2/models/iris/ready")).status).toBe(400);
  });

  it("leave out a side that the plan does not serve", async () => {
    const standIn = await start({ httpPort: null });
    expect(standIn.ports().http).toBeNull();
    expect(await call(grpcPort(standIn), READY)).toEqual(TRUE);
  });

  it("end with the bind's error when the port is taken, and leave nothing listening", async () => {
    const holder = await start();
    await expect(startStandIn({ httpPort: httpPort(holder) })).rejects.toThrow("EADDRINUSE");
    const late = await start({ httpPort: httpPort(holder), bindAfterMs: 1 });
    await expect(late.reached("bound")).rejects.toThrow("EADDRINUSE");
    expect(late.ports()).toEqual({ http: null, grpc: null });
  });

  it("end with close: connections drop and the port can be bound anew", async () => {
    const standIn = await start({ answerAfterMs: null });
    const port = httpPort(standIn);
    const waiting = await open(port, GET_READY);
    await vi.waitUntil(() => standIn.connectionsSeen().http === 1);
    await standIn.close();
    await waiting.end;
    await expect(standIn.reached("ready")).rejects.toThrow("closed");
    const next = await start({ httpPort: port });
    expect((await ask(httpPort(next))).status).toBe(200);
  });
});
