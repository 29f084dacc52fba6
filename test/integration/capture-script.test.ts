import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Capture, readCapture } from "../../src/capture/read-capture.ts";
import { readNetworkNamespace } from "../../src/kernel/network-namespace.ts";
import { type CaptureRun, HAS_BASH, runScript, scriptFor } from "../support/capture-run.ts";

/** Ports below the range of outgoing ones; the first that can be had is closed again and surely free for a while. */
const CLOSED_CANDIDATES = Array.from({ length: 200 }, (_, index) => 21_000 + index);

function listen(server: Server, port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

async function closedPort(): Promise<number> {
  for (const candidate of CLOSED_CANDIDATES) {
    const server = createServer();
    const port = await listen(server, candidate).catch(() => null);
    if (port === null) continue;
    await close(server);
    return port;
  }
  throw new Error("no port can be had");
}

describe.skipIf(!HAS_BASH)("the capture script, run by bash with nothing else in reach", () => {
  const ready = createHttpServer((request, response) => {
    response.statusCode = request.url === "/ready?a='b'" ? 200 : 400;
    response.end("not ready");
  });
  const silent = createServer((socket) => socket.on("error", () => {}).resume());
  const binary = createServer((socket) => {
    socket
      .on("error", () => {})
      .resume()
      .end(Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 27, 91, 50, 74, 10]));
  });
  const abrupt = createServer((socket) =>
    socket
      .on("error", () => {})
      .resume()
      .end(),
  );
  const servers = [ready, silent, binary, abrupt];
  let run: CaptureRun;
  let capture: Capture;

  beforeAll(async () => {
    const [readyPort, silentPort, binaryPort, abruptPort] = await Promise.all(servers.map((server) => listen(server)));
    const script = scriptFor([
      `closed=http://127.0.0.1:${await closedPort()}/ready`,
      `ready=http://127.0.0.1:${readyPort}/ready?a='b'`,
      `starting=http://127.0.0.1:${readyPort}/v2/health/ready`,
      `silent=http://127.0.0.1:${silentPort}/`,
      `binary=http://127.0.0.1:${binaryPort}/`,
      `abrupt=http://127.0.0.1:${abruptPort}/`,
      `rpc=grpc://127.0.0.1:${silentPort}`,
      `plain=tcp://127.0.0.1:${silentPort}`,
    ]);
    run = await runScript(script);
    const read = readCapture(run.stdout);
    if (!read.ok) throw new Error(JSON.stringify([read, run]));
    expect(read.problems).toEqual([]);
    capture = read.capture;
  });

  afterAll(async () => {
    ready.closeAllConnections();
    await Promise.all(servers.map(close));
  });

  const pathOf = (name: string) => {
    const found = capture.targets.find(({ target }) => target.name === name);
    const path = found?.look.paths[0];
    if (!found || !path) throw new Error(`no path of ${name}`);
    return { look: found.look, path };
  };

  it("ends well, calls no program and stays short", () => {
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run.stdout.length).toBeLessThan(256 * 1024);
    expect(capture.isComplete).toBe(true);
  });

  it("tells the surroundings", () => {
    expect(capture.addresses).toContain("127.0.0.1");
    expect([readNetworkNamespace("/proc"), null]).toContain(capture.netns);
    expect(capture.kernel).toMatch(/^\d+\.\d+/);
    expect(Math.abs(capture.at.wallMs - Date.now())).toBeLessThan(60_000);
    expect(capture.listeners).not.toBeNull();
  });

  it("tells of a closed port that the kernel itself refuses it", () => {
    const { look, path } = pathOf("closed");
    expect(path).toMatchObject({ connect: { outcome: "refused", errno: "ECONNREFUSED" }, skipped: null, answer: null });
    // Other tests may make the kernel send resets at the same moment: then it is not told.
    expect(["kernel", "unknown"]).toContain(path.connect?.refusedBy);
    expect(path.proof?.refusal?.bursts).toHaveLength(2);
    expect(path.proof?.refusal?.control?.refused).toBe(3);
    expect(look.listen).toMatchObject({ isKnown: true, sockets: [] });
  });

  it.each([
    ["ready", { kind: "ready", code: "HTTP_200", asked: "GET /ready?a='b'" }],
    ["starting", { kind: "not-ready", code: "HTTP_400" }],
    ["silent", { kind: "silence", code: "DEADLINE" }],
    ["binary", { kind: "wrong-protocol", code: "NOT_HTTP" }],
    ["abrupt", { kind: "closed", code: "CLOSED" }],
    ["plain", { kind: "ready", code: "TCP_CONNECTED" }],
  ])("reads the answer of a server that is %s", (name, answer) => {
    const { look, path } = pathOf(name);
    expect(path).toMatchObject({ connect: { outcome: "ok", errno: null, refusedBy: null }, answer, proof: null });
    expect(look.listen).toMatchObject({ isKnown: true, sockets: [{ address: "127.0.0.1" }] });
  });

  it("asks nothing by gRPC, and says so by the absence of an answer", () => {
    expect(pathOf("rpc").path).toMatchObject({ connect: { outcome: "ok" }, answer: null });
  });

  it("lets no control character of a server through", () => {
    expect(run.stdout).toMatch(/^[\n -~]*$/);
  });
});
