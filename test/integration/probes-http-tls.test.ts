import { createServer as createHttpsServer } from "node:https";
import { createServer as createTlsServer } from "node:tls";
import { describe, expect, it, vi } from "vitest";
import { address, answerOf, proberOf, TLS } from "../support/http-prober.ts";
import { httpReply, listenRaw, makeCertificate, startCannedServer, startRawServer } from "../support/raw-servers.ts";

describe("TLS", () => {
  it("is spoken to an https target whose authority is known", async () => {
    const { path, cert, key } = await makeCertificate();
    const server = await listenRaw(createHttpsServer({ cert, key }, (_request, response) => response.end()));
    const target = { scheme: "https", host: "localhost", tls: { ...TLS, ca: path } } as const;
    expect(await answerOf(server.port, target)).toMatchObject({ kind: "ready", code: "HTTP_200" });
    expect(await answerOf(server.port, { ...target, host: address })).toMatchObject({ kind: "ready" });
  });

  it.each([
    ["an unknown authority", {}, "DEPTH_ZERO_SELF_SIGNED_CERT"],
    ["another name", { insecure: false, servername: "other.example" }, "ERR_TLS_CERT_ALTNAME_INVALID"],
  ])("with %s does not verify", async (_what, options, code) => {
    const { path, cert, key } = await makeCertificate();
    const server = await listenRaw(createHttpsServer({ cert, key }, (_request, response) => response.end()));
    const ca = "servername" in options ? path : null;
    const answer = await answerOf(server.port, { scheme: "https", host: "localhost", tls: { ...TLS, ca, ...options } });
    expect(answer).toMatchObject({ kind: "tls", code });
    await vi.waitFor(() => expect(server.open()).toBe(0));
  });

  it("is not asked with a file of authorities that cannot be read", async () => {
    const { cert, key } = await makeCertificate();
    const server = await listenRaw(createHttpsServer({ cert, key }, (_request, response) => response.end()));
    const tls = { ...TLS, ca: "/nonexistent/ca.pem" };
    expect(await answerOf(server.port, { scheme: "https", tls })).toMatchObject({
      kind: "unasked",
      code: "ENOENT",
      message: "cannot read /nonexistent/ca.pem",
    });
  });

  it("accepts any certificate when told to", async () => {
    const { cert, key } = await makeCertificate();
    const server = await listenRaw(createHttpsServer({ cert, key }, (_request, response) => response.end()));
    const tls = { ...TLS, insecure: true };
    expect(await answerOf(server.port, { scheme: "https", host: "localhost", tls })).toMatchObject({ kind: "ready" });
  });

  it("expected by the server alone is told", async () => {
    const { cert, key } = await makeCertificate();
    const server = await listenRaw(createHttpsServer({ cert, key }, (_request, response) => response.end()));
    expect(await answerOf(server.port)).toMatchObject({ kind: "tls", code: "TLS_EXPECTED" });
  });

  it("expected by a server that says so in plain HTTP is told", async () => {
    const body = "Client sent an HTTP request to an HTTPS server.\n";
    const server = await startCannedServer(
      httpReply("400 Bad Request", { headers: ["content-type: text/plain"], body }),
    );
    expect(await answerOf(server.port)).toMatchObject({ kind: "tls", code: "TLS_EXPECTED" });
  });

  it("expected by the gate alone is told", async () => {
    const server = await startCannedServer(httpReply("400 Bad Request"));
    expect(await answerOf(server.port, { scheme: "https", tls: TLS })).toMatchObject({ kind: "tls" });
  });

  it.each([
    ["FIN", "EOF"],
    ["reset", "ECONNRESET"],
  ])("that ends in the handshake by %s is a closed connection", async (how, code) => {
    const server = await startRawServer((socket) => {
      socket.once("data", () => (how === "FIN" ? socket.end() : socket.resetAndDestroy()));
    });
    expect(await answerOf(server.port, { scheme: "https", tls: TLS })).toMatchObject({ kind: "closed", code });
  });

  it("that is silent in the handshake is silence, and is left on close", async () => {
    const server = await startRawServer((socket) => socket.resume());
    const inquiry = proberOf(server.port, { scheme: "https", tls: TLS }).ask([]);
    await inquiry.connected;
    expect(inquiry.silence().kind).toBe("silence");
    inquiry.close();
    await vi.waitFor(() => expect(server.open()).toBe(0));
  });

  it("that wants a client's certificate is told", async () => {
    const { path, cert, key } = await makeCertificate();
    const options = { cert, key, requestCert: true, rejectUnauthorized: true };
    const server = await listenRaw(createTlsServer(options, (socket) => socket.end()));
    const answer = await answerOf(server.port, { scheme: "https", host: "localhost", tls: { ...TLS, ca: path } });
    expect(answer).toMatchObject({ kind: "tls", code: expect.stringContaining("CERTIFICATE_REQUIRED") });
  });
});
