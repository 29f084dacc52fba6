import { createServer as createHttpsServer } from "node:https";
import { createServer as createTlsServer } from "node:tls";
import { describe, expect, it, vi } from "vitest";
import type { TlsOptions } from "../../src/core/target.ts";
import { answerOf, isReady, proberOf, TLS } from "../support/grpc-prober.ts";
import { startGrpcServer } from "../support/grpc-servers.ts";
import { listenRaw, makeCertificate, startRawServer } from "../support/raw-servers.ts";

describe("TLS", () => {
  const tlsOf = (ca: string): TlsOptions => ({ ...TLS, ca, servername: "localhost" });

  it("is spoken to a grpcs target whose authority is known", async () => {
    const certificate = await makeCertificate();
    const { port } = await startGrpcServer({ inference: { ServerReady: isReady }, certificate });
    expect(await answerOf(port, undefined, tlsOf(certificate.path))).toMatchObject({ kind: "ready" });
    expect(await answerOf(port, undefined, { ...TLS, ca: certificate.path })).toMatchObject({ kind: "ready" });
    expect(await answerOf(port, undefined, { ...TLS, insecure: true })).toMatchObject({ kind: "ready" });
  });

  it.each([
    ["an unknown authority", {}, "DEPTH_ZERO_SELF_SIGNED_CERT"],
    ["another name", { servername: "other.example" }, "ERR_TLS_CERT_ALTNAME_INVALID"],
  ])("with %s does not verify", async (_what, options, code) => {
    const certificate = await makeCertificate();
    const { port } = await startGrpcServer({ inference: { ServerReady: isReady }, certificate });
    const ca = "servername" in options ? certificate.path : null;
    expect(await answerOf(port, undefined, { ...TLS, ca, ...options })).toMatchObject({ kind: "tls", code });
  });

  it("is not asked with a file of authorities that cannot be read", async () => {
    const certificate = await makeCertificate();
    const { port } = await startGrpcServer({ inference: { ServerReady: isReady }, certificate });
    const answer = await answerOf(port, undefined, { ...TLS, ca: "/nonexistent/ca.pem" });
    expect(answer).toMatchObject({ kind: "unasked", code: "ENOENT" });
  });

  it("expected by the server alone is told", async () => {
    const certificate = await makeCertificate();
    const { port } = await startGrpcServer({ inference: { ServerReady: isReady }, certificate });
    expect(await answerOf(port)).toMatchObject({ kind: "tls", code: "TLS_EXPECTED" });
  });

  it("expected by the gate alone is told", async () => {
    const { port } = await startGrpcServer({ inference: { ServerReady: isReady } });
    expect(await answerOf(port, undefined, TLS)).toMatchObject({ kind: "tls" });
  });

  it("without HTTP/2 behind it is the wrong protocol", async () => {
    const { cert, key, path } = await makeCertificate();
    const server = await listenRaw(createHttpsServer({ cert, key }, (_request, response) => response.end()));
    expect(await answerOf(server.port, undefined, tlsOf(path))).toMatchObject({ kind: "wrong-protocol" });
  });

  it("that wants a client's certificate is told", async () => {
    const { cert, key, path } = await makeCertificate();
    const options = { cert, key, requestCert: true, rejectUnauthorized: true, ALPNProtocols: ["h2"] };
    const server = await listenRaw(createTlsServer(options, (socket) => socket.end()));
    const answer = await answerOf(server.port, undefined, tlsOf(path));
    expect(answer).toMatchObject({ kind: "tls", code: expect.stringContaining("CERTIFICATE_REQUIRED") });
  });

  it("that is silent in the handshake is silence, and is left on renewal", async () => {
    const server = await startRawServer((socket) => socket.resume());
    const prober = proberOf(server.port, undefined, TLS);
    const inquiry = prober.ask([]);
    await vi.waitFor(() => expect(server.accepted()).toBe(2));
    expect(inquiry.silence()).toMatchObject({ kind: "silence", code: "DEADLINE" });
    inquiry.close();
    prober.renew();
    await vi.waitFor(() => expect(server.open()).toBe(0), { timeout: 3000 });
  });
});
