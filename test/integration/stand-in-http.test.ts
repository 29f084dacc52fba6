import { describe, expect, it, vi } from "vitest";
import type { HttpFault } from "../../src/stand-in/plan.ts";
import { ask, call, GET_READY, httpPort, open, READY, start, TRUE } from "../support/stand-in-of-test.ts";

describe("the HTTP side", () => {
  it("answers health, metadata and models as MLServer does", async () => {
    const port = httpPort(await start({ models: { iris: true, "big model": false } }));
    expect(await ask(port, "/v2/health/live")).toMatchObject({ status: 200, body: "" });
    expect(await ask(port, "/v2/health/ready?x=1")).toMatchObject({ status: 200, body: "" });
    expect(JSON.parse((await ask(port, "/v2")).body)).toMatchObject({ extensions: [] });
    expect(await ask(port, "/v2/models/iris/ready")).toMatchObject({ status: 200, body: "" });
    expect(await ask(port, "/v2/models/big%20model/ready")).toMatchObject({ status: 400, body: "" });
    const unknown = await ask(port, "/v2/models/nobody/ready");
    expect(unknown).toMatchObject({ status: 404, body: '{"error":"Model nobody not found"}' });
  });

  it("refuses other methods and unknown paths as FastAPI does", async () => {
    const port = httpPort(await start());
    const posted = await ask(port, "/v2/health/ready", "POST");
    expect(posted).toMatchObject({ status: 405, headers: { allow: "GET" }, body: '{"detail":"Method Not Allowed"}' });
    expect(await ask(port, "/v2/health/ready", "HEAD")).toMatchObject({ status: 405 });
    expect(await ask(port, "/toString")).toMatchObject({ status: 404, body: '{"detail":"Not Found"}' });
    expect(await ask(port, "/v2/models/%ff/ready")).toMatchObject({ status: 404 });
    expect(await ask(port, "/v2/health/ready/")).toMatchObject({
      status: 307,
      headers: { location: "/v2/health/ready" },
    });
  });

  it.each<[HttpFault, number]>([
    ["status-400", 400],
    ["status-404", 404],
    ["status-500", 500],
    ["status-503", 503],
    ["status-301", 301],
  ])("under %s answers %i until the fault is lifted", async (fault, expected) => {
    const standIn = await start({ httpFault: fault });
    expect((await ask(httpPort(standIn))).status).toBe(expected);
    standIn.setHttpFault(null);
    expect((await ask(httpPort(standIn))).status).toBe(200);
  });

  it("under silent answers what was asked meanwhile when the fault is lifted", async () => {
    const standIn = await start({ httpFault: "silent" });
    const early = await open(httpPort(standIn), GET_READY);
    await vi.waitUntil(() => standIn.connectionsSeen().http === 1);
    expect(standIn.questionsSeen().http).toBe(0);
    expect(early.received()).toHaveLength(0);
    standIn.setHttpFault(null);
    await vi.waitUntil(() => early.received().includes("HTTP/1.1 200 OK"));
  });

  it("holds a request on a connection that was open before the silence", async () => {
    const standIn = await start();
    const early = await open(httpPort(standIn), GET_READY);
    await vi.waitUntil(() => early.received().includes("200 OK"));
    const before = early.received().length;
    standIn.setHttpFault("silent");
    early.socket.write(GET_READY);
    await vi.waitUntil(() => standIn.questionsSeen().http === 2);
    expect(early.received()).toHaveLength(before);
    standIn.setHttpFault("status-503");
    await vi.waitUntil(() => early.received().includes("503"));
  });

  it("under http2 speaks gRPC and nothing else", async () => {
    const standIn = await start({ httpFault: "http2" });
    expect(await call(httpPort(standIn), READY)).toEqual(TRUE);
    const http1 = await open(httpPort(standIn), GET_READY);
    await http1.end;
    expect(http1.received().subarray(3, 9)).toEqual(Buffer.from([0x04, 0, 0, 0, 0, 0]));
  });
});
